import { setTimeout as delay } from 'node:timers/promises';
import type { CallerScript } from '../load/caller.ts';
import { type Figures, figuresOf } from './figures.ts';
import { Load } from './load.ts';
import type { Pinning } from './pinning.ts';
import type { ProbeReading } from './probe-protocol.ts';
import type { Row } from './rows.ts';
import { scriptOf, SPREAD_MS, type CallerKind } from './scripts.ts';
import { ServerProcess } from './server-process.ts';

export interface Timing {
  readonly windowMs: number;
  /** How long a few calls talk before anything is measured, so that hot code is compiled. */
  readonly warmUpMs: number;
  /** From the last call's connection to the window. */
  readonly settleMs: number;
}

export interface Bench {
  readonly pinning: Pinning;
  readonly timing: Timing;
  readonly seed: number;
  /** By label of the row: percent of the core with no call at all, once it has been measured. */
  readonly idleCpuPercent: Map<string, number>;
  progress(what: string): void;
}

const WARM_UP_CALLS = 5;
const AFTER_WARM_UP_MS = 500;
const RAMP_PER_CALL_MS = 10;
export const IDLE_WINDOW_MS = 5000;

/** A server that has been started and warmed up, and how it stood then. */
export interface WarmServer {
  readonly server: ServerProcess;
  readonly base: ProbeReading;
  readonly idleCpuPercent: number;
}

export async function startWarm(bench: Bench, row: Row, env: Record<string, string> = {}): Promise<WarmServer> {
  bench.progress(`${row.label}: starting`);
  const server = await ServerProcess.start(row, bench.pinning, env);
  try {
    bench.progress(`${row.label}: warming up, ${bench.timing.warmUpMs / 1000} s`);
    const load = new Load(WARM_UP_CALLS, bench.pinning);
    try {
      const script = row.echoes ? scriptOf('echo', row.answerMs) : scriptOf('barge-in', row.answerMs);
      await placeCalls(bench, load, row, server, { ...script, pauseMs: 100 }, WARM_UP_CALLS, 0);
      await delay(bench.timing.warmUpMs);
      await load.hangUp();
    } finally {
      await load.stop();
    }
    await delay(AFTER_WARM_UP_MS);
    const idleCpuPercent = await idleCpuOf(bench, row, server);
    return { server, idleCpuPercent, base: await server.probe('memory') };
  } catch (error) {
    await server.stop();
    throw error;
  }
}

/** Once for each row: it does not depend on what is measured afterwards. */
async function idleCpuOf(bench: Bench, row: Row, server: ServerProcess): Promise<number> {
  const known = bench.idleCpuPercent.get(row.label);
  if (known !== undefined) return known;
  bench.progress(`${row.label}: no call at all, ${IDLE_WINDOW_MS / 1000} s`);
  await server.probe('start');
  await delay(IDLE_WINDOW_MS);
  const { cpuMs, windowMs } = await server.probe('stop');
  const percent = (cpuMs / windowMs) * 100;
  bench.idleCpuPercent.set(row.label, percent);
  return percent;
}

export async function placeCalls(
  bench: Bench,
  load: Load,
  row: Row,
  server: ServerProcess,
  script: CallerScript,
  calls: number,
  firstCall: number,
): Promise<void> {
  const upgrades = await load.call({
    port: server.port,
    path: row.mediaPath,
    calls,
    firstCall,
    seed: bench.seed,
    rampMs: calls * RAMP_PER_CALL_MS,
    spreadMs: SPREAD_MS,
    script,
  });
  if (upgrades.accepted < calls)
    throw new Error(
      `${row.label} took ${upgrades.accepted} of ${calls} calls (${JSON.stringify(upgrades.refused)})\n${server.lastWords}`,
    );
}

/** A window over calls that are placed already. */
export async function measureWindow(
  bench: Bench,
  row: Row,
  { server, base, idleCpuPercent }: WarmServer,
  load: Load,
  what: { scenario: string; calls: number; others?: () => Promise<number> },
): Promise<Figures> {
  await load.record();
  await server.probe('start');
  await delay(bench.timing.windowMs);
  const reading = await server.probe('stop');
  const reports = await load.report();
  const pressure = await server.pressure();
  return figuresOf({
    pressure,
    idleCpuPercent,
    otherCalls: (await what.others?.()) ?? 0,
    row: row.label,
    rate: row.rate,
    scenario: what.scenario,
    calls: what.calls,
    echoes: row.echoes,
    startUpMs: server.startUpMs,
    base,
    server: reading,
    load: reports,
  });
}

/** The usual measurement: a fresh server, `calls` callers that all do the same, one window. */
export async function measureCalls(bench: Bench, row: Row, kind: CallerKind, calls: number): Promise<Figures> {
  const warm = await startWarm(bench, row);
  try {
    return await measureOn(bench, row, warm, kind, calls);
  } finally {
    await warm.server.stop();
  }
}

export async function measureOn(
  bench: Bench,
  row: Row,
  warm: WarmServer,
  kind: CallerKind,
  calls: number,
): Promise<Figures> {
  const { timing } = bench;
  const load = new Load(calls, bench.pinning);
  try {
    bench.progress(`${row.label}: placing ${calls} calls`);
    const script = scriptOf(row.echoes ? 'echo' : kind, row.answerMs);
    await placeCalls(bench, load, row, warm.server, script, calls, 1000);
    await delay(timing.settleMs);
    bench.progress(`${row.label}: ${kind}, ${calls} calls, measuring ${timing.windowMs / 1000} s`);
    const figures = await measureWindow(bench, row, warm, load, { scenario: kind, calls });
    await load.hangUp();
    return figures;
  } finally {
    await load.stop();
  }
}
