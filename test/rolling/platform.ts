import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { packageRoot } from '../../src/config/package-root.js';
import type { Haproxy, Slot } from './haproxy.js';
import { Kubelet } from './kubelet.js';

/** Shorter than anybody would have them in production, in the same order. */
const ENDPOINT_REMOVED_AFTER_MS = 300;
export const PRE_STOP_MS = 1000;
const GRACE_MS = 30_000;
const START_LIMIT_MS = 30_000;
const LOOK_AGAIN_MS = 50;

/** A server process in a place of its own. */
export class Pod {
  readonly exited: Promise<number | NodeJS.Signals>;
  readonly output: string[] = [];

  constructor(
    readonly slot: Slot,
    private readonly process: ChildProcess,
  ) {
    this.exited = once(process, 'exit').then(([code, signal]) => (code ?? signal) as number | NodeJS.Signals);
    for (const stream of [process.stdout, process.stderr])
      stream!.on('data', (bytes: Buffer) => this.output.push(...bytes.toString().split('\n')));
  }

  get name(): string {
    return this.slot.name;
  }

  get url(): string {
    return `http://127.0.0.1:${this.slot.port}`;
  }

  get lives(): boolean {
    return this.process.exitCode === null && this.process.signalCode === null;
  }

  /** Rejects with its own words when it ends before, or takes too long. */
  async until(what: string, is: () => Promise<boolean>): Promise<void> {
    const giveUpAt = performance.now() + START_LIMIT_MS;
    while (!(await is())) {
      const problem = this.lives ? (performance.now() > giveUpAt ? `not in time: ${what}` : undefined) : 'it has ended';
      if (problem !== undefined) throw new Error(`${this.name}: ${problem}\n${this.output.slice(-20).join('\n')}`);
      await pause(LOOK_AGAIN_MS);
    }
  }

  signal(signal: NodeJS.Signals): void {
    this.process.kill(signal);
  }

  /** The status of a probe; undefined if nobody answers. */
  async probe(name: 'health' | 'ready'): Promise<number | undefined> {
    return await fetch(`${this.url}/api/v1/${name}`).then(
      ({ status }) => status,
      () => undefined,
    );
  }
}

/** Does to processes what Kubernetes does to pods. */
export class Platform {
  readonly pods: Pod[] = [];
  readonly kubelet = new Kubelet();
  private taken = 0;

  constructor(
    private readonly balancer: Haproxy,
    private readonly env: NodeJS.ProcessEnv,
  ) {}

  /** In the next place. Does not wait for it to be ready. */
  async create(more: NodeJS.ProcessEnv = {}): Promise<Pod> {
    const slot = this.balancer.slots[this.taken++];
    if (!slot) throw new Error('there is no place left');
    const child = spawn(process.execPath, ['--import', './dist/telemetry.js', 'dist/main.js'], {
      cwd: packageRoot,
      env: {
        ...process.env,
        NODE_ENV: 'development',
        HOST: '127.0.0.1',
        PORT: String(slot.port),
        METRICS_PORT: '0',
        LOG_FORMAT: 'json',
        // Replicas share no disk.
        DATA_DIR: await mkdtemp(path.join(process.env['DATA_DIR'] ?? tmpdir(), 'pod-')),
        ...this.env,
        ...more,
      },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const pod = new Pod(slot, child);
    this.pods.push(pod);
    this.kubelet.watch(pod);
    return pod;
  }

  /** In the next place; resolves when new calls go there. */
  async createReady(more: NodeJS.ProcessEnv = {}): Promise<Pod> {
    const pod = await this.create(more);
    await pod.until('calls go there', async () => (await this.balancer.up()).includes(pod.name));
    return pod;
  }

  /** As when a pod is deleted: balancers hear of it while `preStop` waits, then SIGTERM, and in the end SIGKILL. */
  async delete(pod: Pod): Promise<number | NodeJS.Signals> {
    this.kubelet.leave(pod);
    const kill = setTimeout(() => pod.signal('SIGKILL'), GRACE_MS);
    const removed = pause(ENDPOINT_REMOVED_AFTER_MS).then(() => this.balancer.remove(pod.slot));
    await Promise.all([removed, pause(PRE_STOP_MS)]);
    pod.signal('SIGTERM');
    const how = await pod.exited;
    clearTimeout(kill);
    return how;
  }

  async stop(): Promise<void> {
    this.kubelet.stop();
    const alive = this.pods.filter((pod) => pod.lives);
    for (const pod of alive) pod.signal('SIGKILL');
    await Promise.all(alive.map((pod) => pod.exited));
  }
}
