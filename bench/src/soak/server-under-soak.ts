import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { Child } from '../run/children.ts';
import { ROOT } from '../run/rows.ts';
import { findFreePort, get } from '../run/server-process.ts';
import { type Census, compare } from './census.ts';

const SERVER = fileURLToPath(new URL('soak-server.ts', import.meta.url));
const START_LIMIT_MS = 60_000;
/** A call that nobody ends must be noticed within two heartbeats; tasks then have 5 s to stop. */
const QUIET_LIMIT_MS = 30_000;
const CENSUS_LIMIT_MS = 30_000;
const STOP_LIMIT_MS = 45_000;
const FAULT_RATE = '0.04';

export interface SoakServerOptions {
  /** About how many callers come at a time. */
  readonly calls: number;
  readonly seed: number;
  /** Beyond what every soak is run with. */
  readonly env?: Record<string, string>;
}

/** The product with a census inside, in a process of its own. */
export class SoakServer {
  readonly port: number;
  private readonly child: Child;
  private end: string | null = null;

  private constructor(child: Child, port: number) {
    this.child = child;
    this.port = port;
    void child.ended.then((how) => (this.end = how));
  }

  static async start({ calls, seed, env = {} }: SoakServerOptions): Promise<SoakServer> {
    const port = await findFreePort();
    const data = mkdtempSync(path.join(tmpdir(), 'parley-soak-'));
    const nodeArgs = ['--expose-gc', '--enable-source-maps', '--import', './dist/telemetry.js'];
    const child = new Child([process.execPath, ...nodeArgs, SERVER], {
      cwd: ROOT,
      env: { ...environment(calls, seed), ...env, PORT: String(port), DATA_DIR: data },
    });
    void child.ended.then(() => rmSync(data, { recursive: true, force: true }));
    const server = new SoakServer(child, port);
    const startedAt = performance.now();
    while ((await get(port, '/api/v1/health')).status !== 200) {
      if (server.ended) throw new Error(`the server ended before it was ready:\n${child.lastWords}`);
      if (performance.now() - startedAt > START_LIMIT_MS)
        throw new Error(`the server did not start:\n${child.lastWords}`);
      await delay(50);
    }
    return server;
  }

  get ended(): boolean {
    return this.end !== null;
  }

  private census(extent: 'glance' | 'census'): Promise<Census> {
    return new Promise((resolve, reject) => {
      const { child } = this;
      const { process: server } = child;
      const fail = (why: string): void => {
        stopListening();
        reject(new Error(`the server ${why}:\n${child.lastWords}`));
      };
      const onExit = (): void => fail('ended');
      const onMessage = (census: Census): void => {
        stopListening();
        resolve(census);
      };
      const timer = setTimeout(() => fail(`did not answer for ${CENSUS_LIMIT_MS / 1000} s`), CENSUS_LIMIT_MS);
      const stopListening = (): void => {
        clearTimeout(timer);
        server.off('message', onMessage).off('exit', onExit);
      };
      server.on('message', onMessage).on('exit', onExit);
      server.send(extent, (error) => {
        if (error) fail('cannot be asked');
      });
    });
  }

  /** Until nothing is left of the callers, or for as long as that may take. @param before those of whom this is known */
  async quietCensus(before?: Census): Promise<Census> {
    const since = performance.now();
    for (;;) {
      // A whole one takes seconds.
      const glance = await this.census('glance');
      const isOver = performance.now() - since > QUIET_LIMIT_MS;
      if (isOver || compare(before ?? glance, glance).every(({ passed }) => passed)) {
        const census = await this.census('census');
        if (isOver || compare(before ?? census, census).every(({ passed }) => passed)) return census;
      }
      await delay(250);
    }
  }

  /** Exit code or signal. */
  async stop(): Promise<string> {
    await this.child.stop(STOP_LIMIT_MS);
    return await this.child.ended;
  }
}

function environment(calls: number, seed: number): Record<string, string> {
  return {
    HOST: '127.0.0.1',
    METRICS_PORT: '0',
    NODE_ENV: 'development',
    LOG_LEVEL: 'error',
    STT_SERVICE_MODELS: 'scripted',
    TTS_SERVICE_MODELS: 'scripted',
    LLM_MODELS: 'scripted',
    VAD: 'energy',
    // Fewer slots than callers at the top of a wave: some wait, some are refused, some leave while they wait.
    // What is kept of lost calls is gone within seconds, and not counted as growth.
    SESSION_RESUME_MS: '2000',
    MAX_CONNECTIONS: String(Math.ceil(calls * 1.3)),
    SESSION_ACQUIRE_TIMEOUT_MS: '500',
    HEARTBEAT_INTERVAL_MS: '2000',
    // What is done after calls is over soon, too: the counting waits for it.
    JOB_CONCURRENCY: '100',
    LLM_TOTAL_MS: '1000',
    DRAIN_LIMIT_MS: '5000',
    // Counting collects garbage and walks the heap, which stops the loop for longer than any call: no reason to refuse one.
    OVERLOAD_EVENT_LOOP_DELAY_MS: '10000',
    SCRIPTED_SEED: String(seed),
    SCRIPTED_LLM_WORD_MS: '20',
    // Callers live for 8 s at most: what hangs must be given up while they are there.
    LLM_STALL_MS: '2000',
    TTS_STALL_MS: '1500',
    ...Object.fromEntries(
      ['STT', 'LLM', 'TTS'].flatMap((of) =>
        ['FAILURE', 'STALL', 'WRONG'].map((what) => [`SCRIPTED_${of}_${what}_RATE`, FAULT_RATE]),
      ),
    ),
  };
}
