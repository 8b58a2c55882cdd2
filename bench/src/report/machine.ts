import { readFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { ROOT } from '../run/rows.ts';
import type { Pinning } from '../run/pinning.ts';

/** What figures are worth nothing without. */
export interface Machine {
  readonly cpu: string;
  readonly cores: number;
  readonly memoryGb: number;
  readonly system: string;
  readonly node: string;
  readonly versions: Record<string, string>;
  readonly pinned: string;
  /** 1, 5 and 15 minutes, before the run. What else ran is in them. */
  readonly loadBefore: readonly number[];
  readonly startedAt: string;
  readonly command: string;
}

export function describeMachine(pinning: Pinning, args: readonly string[]): Machine {
  const cpus = os.cpus();
  return {
    cpu: cpus[0]?.model.trim() ?? 'unknown',
    cores: cpus.length,
    memoryGb: Math.round(os.totalmem() / 1024 ** 3),
    system: `${os.type()} ${os.release()} ${os.arch()}`,
    node: process.version,
    versions: {
      parley: versionIn(''),
      ws: versionIn('bench/node_modules/ws'),
      '@livekit/agents': versionIn('bench/node_modules/@livekit/agents'),
      '@livekit/rtc-node': versionIn('bench/node_modules/@livekit/rtc-node'),
    },
    pinned: pinning.missing ?? `server on core ${pinning.serverCore}, load on ${pinning.loadCores.join(', ')}`,
    loadBefore: os.loadavg().map((load) => Math.round(load * 100) / 100),
    startedAt: new Date().toISOString(),
    command: ['npm run bench', ...(args.length > 0 ? ['--', ...args] : [])].join(' '),
  };
}

function versionIn(folder: string): string {
  try {
    const text = readFileSync(path.join(ROOT, folder, 'package.json'), 'utf8');
    return (JSON.parse(text) as { version?: string }).version ?? 'unknown';
  } catch {
    return 'not installed';
  }
}
