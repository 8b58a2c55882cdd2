import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { seededRandom } from '../load/random.ts';
import { UsageError } from '../options.ts';
import { Child, killAllChildren } from '../run/children.ts';
import { ROOT } from '../run/rows.ts';
import { findFreePort, get } from '../run/server-process.ts';
import { type Census, compare, type Finding, growsMoreThan, type Slope, slopeOf } from './census.ts';
import { Crowd } from './crowd.ts';
import { politePlan } from './soak-caller.ts';
import { parseSoakOptions, SOAK_USAGE, type SoakOptions } from './soak-options.ts';

const SERVER = fileURLToPath(new URL('soak-server.ts', import.meta.url));
const START_LIMIT_MS = 60_000;
/** A call that nobody ends must be noticed within two heartbeats; tasks then have 5 s to stop. */
const QUIET_LIMIT_MS = 30_000;
const CENSUS_LIMIT_MS = 30_000;
const STOP_LIMIT_MS = 45_000;
const WARM_UP_ROUNDS = 2;
const VISIT_MS = 1000;
const PROGRESS_MS = 5000;
const GROWTH_TARGET_MB = 1;
const MB = 1_048_576;
const FAULT_RATE = '0.04';

process.on('exit', killAllChildren);

try {
  const options = parseSoakOptions(process.argv.slice(2));
  if (options.help) console.log(SOAK_USAGE);
  else process.exitCode = await soak(options);
} catch (error) {
  if (error instanceof UsageError) {
    console.error(`${error.message}\n\n${SOAK_USAGE}`);
    process.exitCode = 2;
  } else {
    say(`FAILED: ${(error as Error).message}`);
    process.exitCode = 1;
  }
}

async function soak(options: SoakOptions): Promise<number> {
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => process.exit(130));
  const server = await startServer(options);
  const random = seededRandom(options.seed);
  await visitOnce(server.port, random);
  const before = await takeCensus(server.child);
  const crowd = new Crowd(options.calls, server.port, random);
  const startedAt = performance.now();
  const stopReporting = reportProgress(crowd, startedAt, options.durationMs);

  const samples: { calls: number; live: number; resident: number }[] = [];
  const roundMs = Math.min(15_000, options.durationMs / 10);
  let after = before;
  let round = 0;
  for (; round === 0 || performance.now() - startedAt + roundMs < options.durationMs; round++) {
    await crowd.run(roundMs, () => server.ended());
    crowd.disperse();
    await visitOnce(server.port, random);
    after = await waitForQuiet(server.child, before);
    // The first rounds are the warm-up: code is compiled, caches and pools fill.
    if (round >= WARM_UP_ROUNDS)
      samples.push({ calls: after.totals.calls, live: after.memory.live, resident: after.memory.resident });
    if (compare(before, after).some(({ passed }) => !passed)) break;
  }
  stopReporting();

  const exit = await stopServer(server.child);
  return report(options, crowd, compare(before, after), samples, exit, after);
}

/**
 * One call by each route, whenever something is about to be counted: the framework keeps the last connection of each, and
 * with it what belongs to that call, until the next one comes. These are always alike.
 */
async function visitOnce(port: number, random: () => number): Promise<void> {
  const visitors = new Crowd(0, port, random);
  visitors.place(politePlan(true));
  visitors.place(politePlan(false));
  await visitors.run(VISIT_MS, () => false);
  const { live } = visitors;
  visitors.disperse();
  if (live > 0) throw new Error(`${live} polite callers were not let go`);
  if (visitors.counts.accepted < 2) throw new Error('the server does not take two polite callers');
}

interface SoakServer {
  readonly child: Child;
  readonly port: number;
  ended(): boolean;
}

async function startServer({ calls, seed }: SoakOptions): Promise<SoakServer> {
  say('starting the server');
  const port = await findFreePort();
  const nodeArgs = ['--expose-gc', '--enable-source-maps', '--import', './dist/telemetry.js'];
  const child = new Child([process.execPath, ...nodeArgs, SERVER], {
    cwd: ROOT,
    env: {
      PORT: String(port),
      HOST: '127.0.0.1',
      NODE_ENV: 'development',
      LOG_LEVEL: 'error',
      STT_SERVICE_MODELS: 'scripted',
      TTS_SERVICE_MODELS: 'scripted',
      LLM_MODELS: 'scripted',
      VAD: 'energy',
      // Fewer slots than callers at the top of a wave: some wait, some are refused, some leave while they wait.
      MAX_CONNECTIONS: String(Math.ceil(calls * 1.3)),
      SESSION_ACQUIRE_TIMEOUT_MS: '500',
      HEARTBEAT_INTERVAL_MS: '2000',
      DRAIN_LIMIT_MS: '5000',
      SCRIPTED_SEED: String(seed),
      SCRIPTED_LLM_WORD_MS: '20',
      ...Object.fromEntries(
        ['STT', 'LLM', 'TTS'].flatMap((of) =>
          ['FAILURE', 'STALL', 'WRONG'].map((what) => [`SCRIPTED_${of}_${what}_RATE`, FAULT_RATE]),
        ),
      ),
    },
  });
  let end: string | null = null;
  void child.ended.then((how) => (end = how));
  const ended = (): boolean => end !== null;
  const startedAt = performance.now();
  while ((await get(port, '/api/v1/health')).status !== 200) {
    if (ended()) throw new Error(`the server ended before it was ready:\n${child.lastWords}`);
    if (performance.now() - startedAt > START_LIMIT_MS)
      throw new Error(`the server did not start:\n${child.lastWords}`);
    await delay(50);
  }
  return { child, port, ended };
}

function takeCensus(child: Child): Promise<Census> {
  return new Promise((resolve, reject) => {
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
    server.send('census', (error) => {
      if (error) fail('cannot be asked');
    });
  });
}

/** Until nothing is left of the callers, or for as long as that may take. */
async function waitForQuiet(child: Child, before: Census): Promise<Census> {
  const since = performance.now();
  for (;;) {
    const census = await takeCensus(child);
    const waited = performance.now() - since;
    if (compare(before, census).every(({ passed }) => passed) || waited > QUIET_LIMIT_MS) return census;
    await delay(250);
  }
}

async function stopServer(child: Child): Promise<string> {
  await child.stop(STOP_LIMIT_MS);
  return await child.ended;
}

function reportProgress(crowd: Crowd, startedAt: number, durationMs: number): () => void {
  const timer = setInterval(() => {
    const { placed, accepted, refused, answered } = crowd.counts;
    const seconds = Math.round((performance.now() - startedAt) / 1000);
    say(
      `${seconds} s of ${durationMs / 1000}: ${crowd.live} callers, ${placed} so far (${accepted} let in, ${answered} answered, ${refused} refused)`,
    );
  }, PROGRESS_MS);
  return () => clearInterval(timer);
}

function report(
  options: SoakOptions,
  crowd: Crowd,
  findings: readonly Finding[],
  samples: readonly { calls: number; live: number; resident: number }[],
  exit: string,
  { totals }: Census,
): number {
  const { placed, accepted, refused, answered } = crowd.counts;
  console.log(`\n${'left when all callers are gone'.padEnd(34)}${'before'.padStart(8)}${'after'.padStart(8)}`);
  for (const { name, before, after, passed } of findings)
    console.log(
      `${name.padEnd(34)}${String(before).padStart(8)}${String(after).padStart(8)}${passed ? '' : '  TOO MANY'}`,
    );
  console.log(`\n${'calls'.padStart(8)}${'live MB'.padStart(10)}${'resident MB'.padStart(13)}`);
  for (const { calls, live, resident } of samples)
    console.log(
      `${String(calls).padStart(8)}${(live / MB).toFixed(2).padStart(10)}${(resident / MB).toFixed(1).padStart(13)}`,
    );
  const perThousand = (of: 'live' | 'resident'): Slope | null =>
    slopeOf(samples.map((sample) => ({ x: sample.calls / 1000, y: sample[of] / MB })));
  const growth = perThousand('live');
  const text = (slope: Slope | null): string =>
    slope ? `${slope.perX.toFixed(2)} ± ${(2 * slope.error).toFixed(2)} MB` : 'unknown';
  const problems = [
    ...findings.filter(({ passed }) => !passed).map(({ name, before, after }) => `${name}: ${after}, not ${before}`),
    ...(growth === null || growsMoreThan(GROWTH_TARGET_MB, growth)
      ? [`live memory grows by ${text(growth)} per 1,000 calls, target ${GROWTH_TARGET_MB} MB`]
      : []),
    ...(exit === '0' ? [] : [`the server ended with ${exit}`]),
    ...(answered * 4 < accepted ? [`only ${answered} of ${accepted} calls heard anything`] : []),
  ];
  console.log(
    `\n${placed} callers (seed ${options.seed}): ${accepted} let in, ${answered} heard an answer, ${refused} refused. ` +
      `The server: ${totals.calls} sessions, ${totals.refused} without a slot, ${totals.dropped} frames dropped.\n` +
      `Growth per 1,000 calls: live memory ${text(growth)} (target ${GROWTH_TARGET_MB} MB), resident ${text(perThousand('resident'))}.\n` +
      (problems.length === 0 ? 'PASSED' : `FAILED: ${problems.join('; ')}`),
  );
  return problems.length === 0 ? 0 : 1;
}

function say(message: string): void {
  console.error(`soak: ${message}`);
}
