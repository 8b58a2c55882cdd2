import { describe } from '@jest/globals';
import { type ChildProcess, spawn } from 'node:child_process';
import { randomInt } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { freePort } from '../support/redis.js';
import { until } from '../support/replicas.js';
import type { Probe } from './chart-probes.js';

const executablePath =
  process.env['HAPROXY_PATH'] ??
  [...(process.env['PATH'] ?? '').split(path.delimiter), '/usr/sbin']
    .map((folder) => path.join(folder, 'haproxy'))
    .find((file) => existsSync(file)) ??
  '/usr/sbin/haproxy';

const RETRIES = `  retries 3
  option redispatch 1
  retry-on conn-failure empty-response 503`;
const FIRST_PORT = 20_000;
const PORTS = 10_000;

/** Runs where there is a HAProxy. Elsewhere it is skipped, and says so; in CI it must not be missing. */
export function describeWithHaproxy(name: string, tests: () => void): void {
  if (existsSync(executablePath) || process.env['CI'] === 'true') {
    describe(name, tests);
    return;
  }
  process.stderr.write(`\nSKIPPED: ${name}: no haproxy at ${executablePath}; set HAPROXY_PATH\n\n`);
  describe.skip(name, tests);
}

/** One place for a replica, whether there is one or not. */
export interface Slot {
  readonly name: string;
  readonly port: number;
}

/** How it finds out who is there, and what it does about who is not. */
export interface Balancing {
  readonly readiness: Probe;
  /** Another replica is asked after a failed connection, no answer or a 503. An ingress can; a service of Kubernetes cannot. */
  readonly retries: boolean;
}

/**
 * A HAProxy that treats replicas as a service of Kubernetes, or an ingress, does: new calls go to those that say that they
 * are ready, and calls that live go on whatever becomes of that.
 */
export class Haproxy {
  private constructor(
    private readonly process: ChildProcess,
    private readonly folder: string,
    readonly slots: readonly Slot[],
    readonly url: string,
    private readonly said: readonly string[],
  ) {}

  static async start(places: number, balancing: Balancing): Promise<Haproxy> {
    const folder = await mkdtemp(path.join(tmpdir(), 'parley-haproxy-'));
    const port = await freePort();
    const slots: Slot[] = [];
    for (let place = 0; place < places; place++) slots.push({ name: `replica${place}`, port: await portToKeep() });
    await writeFile(path.join(folder, 'haproxy.cfg'), configuration(folder, port, slots, balancing));
    const said: string[] = [];
    const child = spawn(executablePath, ['-db', '-f', path.join(folder, 'haproxy.cfg')], {
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let problem: Error | undefined;
    child.once('error', (error) => (problem = error));
    for (const stream of [child.stdout, child.stderr])
      stream.on('data', (bytes: Buffer) => said.push(bytes.toString()));
    const balancer = new Haproxy(child, folder, slots, `http://127.0.0.1:${port}`, said);
    // All count as there until they have been asked for the first time.
    await until(
      'HAProxy knows that nobody is there',
      async () => {
        if (problem) throw problem;
        if (child.exitCode !== null) throw new Error(`haproxy ended with ${child.exitCode}: ${said.join('')}`);
        return (await balancer.up()).length === 0;
      },
      3 * balancing.readiness.periodMs + 10_000,
    );
    return balancer;
  }

  /** The places to which new calls go. */
  async up(): Promise<string[]> {
    const answer = await this.command('show servers state parley').catch(() => undefined);
    if (answer === undefined) return ['unknown'];
    const rows = answer.split('\n').map((line) => line.split(' '));
    // Its columns 4, 6 and 7: name, state (2 is up), and what an operator wants (0 is nothing special).
    return rows.flatMap(([, , , name, , state, wanted]) => (state === '2' && wanted === '0' ? [name!] : []));
  }

  /** No new calls from now on; those that live go on. */
  async remove({ name }: Slot): Promise<void> {
    await this.command(`set server parley/${name} state drain`);
  }

  async stop(): Promise<void> {
    if (this.process.exitCode === null && this.process.signalCode === null) {
      const gone = new Promise((resolve) => this.process.once('exit', resolve));
      this.process.kill('SIGKILL');
      await gone;
    }
    await rm(this.folder, { recursive: true, force: true });
  }

  /** What it has said so far, for when something is wrong. */
  get words(): string {
    return this.said.join('');
  }

  private command(line: string): Promise<string> {
    return new Promise((resolve, reject) => {
      const socket = connect(path.join(this.folder, 'admin.sock'), () => socket.end(`${line}\n`));
      let answer = '';
      socket.on('data', (bytes) => (answer += bytes.toString()));
      socket.once('error', reject);
      socket.once('end', () => resolve(answer));
    });
  }
}

let lastPort = FIRST_PORT + randomInt(PORTS);

/** One that is free until somebody listens on it: not of those that the system gives to connections. */
async function portToKeep(): Promise<number> {
  for (;;) {
    lastPort = FIRST_PORT + ((lastPort + 1 - FIRST_PORT) % PORTS);
    const probe = createServer();
    const isFree = await new Promise<boolean>((resolve) => {
      probe.once('error', () => resolve(false));
      probe.listen(lastPort, '127.0.0.1', () => resolve(true));
    });
    if (!isFree) continue;
    await new Promise((resolve) => probe.close(resolve));
    return lastPort;
  }
}

function configuration(
  folder: string,
  port: number,
  slots: readonly Slot[],
  { readiness, retries }: Balancing,
): string {
  const asking = `inter ${readiness.periodMs}ms fall ${readiness.failures} rise 1`;
  return `
global
  maxconn 2000
  stats socket ${path.join(folder, 'admin.sock')} mode 600 level admin
defaults
  mode http
  timeout connect 1s
  timeout client 75s
  timeout server 75s
  timeout tunnel 1h
  timeout check ${readiness.timeoutMs}ms
${retries ? RETRIES : '  retries 0'}
frontend calls
  bind 127.0.0.1:${port}
  default_backend parley
backend parley
  balance leastconn
  option httpchk GET ${readiness.path}
  http-check expect status 200
  http-response set-header x-served-by %s
  default-server check ${asking}
${slots.map(({ name, port: at }) => `  server ${name} 127.0.0.1:${at}`).join('\n')}
`;
}
