import { seededRandom } from '../load/random.ts';
import { UsageError } from '../options.ts';
import { killAllChildren } from '../run/children.ts';
import { type Census, compare, type Finding, judge, type Slope, slopeOf } from './census.ts';
import { Crowd, type CrowdCounts } from './crowd.ts';
import { SoakServer, type SoakServerOptions } from './server-under-soak.ts';
import { politePlan } from './soak-caller.ts';
import { parseSoakOptions, SOAK_USAGE, type SoakOptions } from './soak-options.ts';

const WARM_UP_ROUNDS = 2;
/** A growth cannot be told from fewer. */
const LEAST_ROUNDS = WARM_UP_ROUNDS + 4;
const VISIT_MS = 1000;
const PROGRESS_MS = 5000;
const GROWTH_TARGET_MB = 1;
const MB = 1_048_576;

/** A second server, so that worker threads and the queue before them have something to do. */
const INFERENCE_CALLS = 12;
const INFERENCE_MS = 15_000;
const INFERENCE_ENV = {
  VAD: 'silero',
  SCRIPTED_STT_MODE: 'batch',
  SCRIPTED_STT_RTF: '0.2',
  // One that hangs holds its worker until its deadline of 30 s, which is longer than this round waits.
  SCRIPTED_STT_STALL_RATE: '0',
};

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
    // The server may still be there; it is killed on the way out.
    process.exit(1);
  }
}

interface Sample {
  readonly calls: number;
  readonly live: number;
  readonly resident: number;
}

/** What one server had before and after all its callers. */
interface Outcome {
  readonly counts: CrowdCounts;
  readonly findings: readonly Finding[];
  readonly samples: readonly Sample[];
  readonly totals: Census['totals'];
  readonly exit: string;
}

async function soak(options: SoakOptions): Promise<number> {
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => process.exit(130));
  say('starting the server');
  const { calls, seed, durationMs } = options;
  const roundMs = Math.min(15_000, durationMs / 10);
  const main = await soakServer({ calls, seed }, { durationMs, roundMs, leastRounds: LEAST_ROUNDS });
  say('starting a server with inference in worker threads');
  const inferring = { calls: INFERENCE_CALLS, seed, env: INFERENCE_ENV };
  const inference = await soakServer(inferring, { durationMs: INFERENCE_MS, roundMs: INFERENCE_MS, leastRounds: 1 });
  return report(options, main, inference);
}

/** Rounds of callers until the time is over, or something is left of them. */
async function soakServer(
  options: SoakServerOptions,
  { durationMs, roundMs, leastRounds }: { durationMs: number; roundMs: number; leastRounds: number },
): Promise<Outcome> {
  const server = await SoakServer.start(options);
  const random = seededRandom(options.seed);
  await visitOnce(server.port, random);
  const before = await server.quietCensus();
  const crowd = new Crowd(options.calls, server.port, random);
  const startedAt = performance.now();
  const stopReporting = reportProgress(crowd, startedAt, durationMs);

  const samples: Sample[] = [];
  let after = before;
  for (let round = 0; round < leastRounds || performance.now() - startedAt + roundMs < durationMs; round++) {
    await crowd.run(roundMs, () => server.ended);
    crowd.disperse();
    await visitOnce(server.port, random);
    after = await server.quietCensus(before);
    // The first rounds are the warm-up: code is compiled, caches and pools fill.
    if (round >= WARM_UP_ROUNDS)
      samples.push({ calls: after.totals.calls, live: after.memory.live, resident: after.memory.resident });
    if (compare(before, after).some(({ passed }) => !passed)) break;
  }
  stopReporting();
  const exit = await server.stop();
  return { counts: crowd.counts, findings: compare(before, after), samples, totals: after.totals, exit };
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
  if (visitors.counts.accepted < 2)
    throw new Error(`the server does not take two polite callers: ${JSON.stringify(visitors.counts.refusals)}`);
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

function report(options: SoakOptions, main: Outcome, inference: Outcome): number {
  printFindings('left when all callers are gone', main.findings);
  console.log(`\n${'calls'.padStart(8)}${'live MB'.padStart(10)}${'resident MB'.padStart(13)}`);
  for (const { calls, live, resident } of main.samples)
    console.log(
      `${String(calls).padStart(8)}${(live / MB).toFixed(2).padStart(10)}${(resident / MB).toFixed(1).padStart(13)}`,
    );
  printFindings('with inference in worker threads', inference.findings);

  const growth = growthOf(main.samples, 'live');
  const verdict = growth && judge(GROWTH_TARGET_MB, growth);
  const problems = [
    ...problemsOf(main),
    ...problemsOf(inference).map((problem) => `with worker threads: ${problem}`),
    ...(inference.totals.inferences === 0 ? ['no inference has been asked for'] : []),
    ...(growth === null ? ['too few samples for the growth of memory'] : []),
    ...(verdict === 'above target' ? [`live memory grows by ${slopeText(growth)} per 1,000 calls`] : []),
  ];
  console.log(
    `\n${callersText(main, options.seed)}\n` +
      `With worker threads: ${callersText(inference, options.seed)} ${inference.totals.inferences} inferences.\n` +
      `Growth per 1,000 calls: live memory ${slopeText(growth)}, target ${GROWTH_TARGET_MB} MB: ${verdict ?? 'unknown'}; ` +
      `resident ${slopeText(growthOf(main.samples, 'resident'))}.\n` +
      (problems.length === 0 ? 'PASSED' : `FAILED: ${problems.join('; ')}`),
  );
  return problems.length === 0 ? 0 : 1;
}

function printFindings(title: string, findings: readonly Finding[]): void {
  console.log(`\n${title.padEnd(34)}${'before'.padStart(8)}${'after'.padStart(8)}`);
  for (const { name, before, after, passed } of findings)
    console.log(
      `${name.padEnd(34)}${String(before).padStart(8)}${String(after).padStart(8)}${passed ? '' : '  TOO MANY'}`,
    );
}

function problemsOf({ findings, exit, counts: { accepted, answered } }: Outcome): string[] {
  return [
    ...findings.filter(({ passed }) => !passed).map(({ name, before, after }) => `${name}: ${after}, not ${before}`),
    ...(exit === '0' ? [] : [`the server ended with ${exit}`]),
    ...(answered * 4 < accepted ? [`only ${answered} of ${accepted} calls heard anything`] : []),
  ];
}

function callersText({ counts, totals }: Outcome, seed: number): string {
  const { placed, accepted, answered, refused, refusals } = counts;
  const reasons = Object.entries(refusals).map(([code, count]) => `${code} ${count}`);
  return (
    `${placed} callers (seed ${seed}): ${accepted} let in, ${answered} heard an answer, ${refused} refused (${reasons.join(', ') || 'none'}). ` +
    `The server: ${totals.calls} sessions, ${totals.refused} without a slot, ${totals.dropped} frames dropped.`
  );
}

function growthOf(samples: readonly Sample[], of: 'live' | 'resident'): Slope | null {
  return slopeOf(samples.map((sample) => ({ x: sample.calls / 1000, y: sample[of] / MB })));
}

function slopeText(slope: Slope | null): string {
  return slope ? `${slope.perX.toFixed(2)} ± ${(2 * slope.error).toFixed(2)} MB` : 'unknown';
}

function say(message: string): void {
  console.error(`soak: ${message}`);
}
