import { writeFile } from 'node:fs/promises';
import { parseArgs } from 'node:util';
import { SystemClock } from '../kernel/clock.js';
import { EmbeddedSttDriver } from '../speech/drivers/embedded/stt/embedded-stt.driver.js';
import { wholeGrammar } from './eval/banking-hints.js';
import { type Experiment, type Half, planExperiments } from './eval/experiments.js';
import { HUMAN_SOUNDS, openHumanVoice } from './eval/human-voice.js';
import { Caller, type Heard } from './eval/listening.js';
import { formatReport, type Latency, type Line } from './eval/report.js';
import { scoreOf, type Trial } from './eval/score.js';
import { ShippedStates } from './eval/shipped-states.js';
import { inGrammar } from './eval/sentences.js';
import { espeakSpeakers, fliteSpeakers, type Speaker } from './eval/speakers.js';

const HELP = `Usage: npm run eval:speech -- [options]

Measures how well the embedded recogniser hears: phrases of the shipped agents by several synthetic voices, over two
channels and in noise; digits and dates by a human voice; what it accepts in each state of a call though it should
not; latency.

  --quick          fewer sentences, voices and conditions (90 seconds instead of a quarter of an hour)
  --half HALF      report (default) or tuning: the half of the material the settings were chosen on
  --sounds FOLDER  recordings of a human voice (default ${HUMAN_SOUNDS},
                   from Debian's asterisk-core-sounds-en-wav); left out when it is not there
  --workers N      recogniser threads (default: one less than there are cores)
  --json FILE      also write all figures there
  --misses         print every utterance that went wrong
`;

/** Silence before the speech of every utterance, ms; see speakers.ts. */
const LEAD_MS = 200;

/** `npm run eval:speech` */
export async function main(args: string[]): Promise<number> {
  const { values } = parseArgs({
    args,
    options: {
      help: { type: 'boolean', short: 'h' },
      quick: { type: 'boolean', default: false },
      half: { type: 'string', default: 'report' },
      sounds: { type: 'string', default: HUMAN_SOUNDS },
      workers: { type: 'string' },
      json: { type: 'string' },
      misses: { type: 'boolean', default: false },
    },
  });
  if (values.help) {
    process.stdout.write(HELP);
    return 0;
  }
  const { half } = values;
  if (!isHalf(half)) throw new Error(`--half is "report" or "tuning", not "${half}"`);
  const human = await openHumanVoice(values.sounds);
  if (!human) {
    say(`\n*** No human recordings in ${values.sounds}: everything about a human voice is LEFT OUT.`);
    say('*** On Debian: apt install asterisk-core-sounds-en-wav\n');
  }
  const speakers = await allSpeakers(values.quick);
  const experiments = await planExperiments({
    half,
    quick: values.quick,
    speakers,
    human,
    states: new ShippedStates(),
  });
  const driver = new EmbeddedSttDriver(new SystemClock(), {
    ...(values.workers !== undefined && { workers: Number(values.workers) }),
  });
  await driver.start(AbortSignal.timeout(60_000));
  try {
    const startedAt = performance.now();
    const { lines, summary } = await runAll(driver, experiments, values.misses);
    const realTimeFactor = driver.realTimeFactor;
    say('Measuring latency at the speed of a call …');
    const latency = await measureLatency(driver, speakers.slice(0, 3), values.quick ? 2 : 10);
    const report = { half, lines, summary, realTimeFactor, latency };
    process.stdout.write(`\n${formatReport(report)}\n`);
    say(`Took ${((performance.now() - startedAt) / 1000).toFixed(0)} s.`);
    if (values.json !== undefined) await writeFile(values.json, `${JSON.stringify(report, null, 2)}\n`);
  } finally {
    await driver.close();
  }
  return 0;
}

function isHalf(text: string): text is Half {
  return text === 'report' || text === 'tuning';
}

async function allSpeakers(quick: boolean): Promise<Speaker[]> {
  const flite = await fliteSpeakers(quick ? ['slt', 'awb'] : ['slt', 'rms', 'awb', 'kal16', 'kal']);
  const espeak = await espeakSpeakers(quick ? ['en-us'] : ['en-us', 'en-us+f3']);
  if (espeak.length === 0) say('espeak-ng is not installed: its voices are left out.');
  return [...flite, ...espeak];
}

interface Results {
  readonly lines: readonly Line[];
  readonly summary: readonly Line[];
}

async function runAll(
  driver: EmbeddedSttDriver,
  experiments: readonly Experiment[],
  misses: boolean,
): Promise<Results> {
  const lines: Line[] = [];
  const byKind = new Map<string, { group: string; name: string; trials: Trial[] }>();
  for (const [index, experiment] of experiments.entries()) {
    const { group, name, utterances } = experiment;
    say(`[${index + 1}/${experiments.length}] ${group}: ${name}, ${utterances.length} utterances`);
    const trials = await run(driver, experiment);
    if (misses) printMisses(trials);
    lines.push({ group, name, score: scoreOf(trials) });
    for (const kind of [kindOf(name), ALL_VOICES]) {
      const key = `${group}\n${kind}`;
      if (!byKind.has(key)) byKind.set(key, { group, name: kind, trials: [] });
      byKind.get(key)!.trials.push(...trials);
    }
  }
  const kinds = [...byKind.values()].map(({ group, name, trials }) => ({ group, name, score: scoreOf(trials) }));
  const together = kinds.filter(({ name, score }) => name === ALL_VOICES && score.falseAccepts !== undefined);
  const apart = kinds.filter(({ name }) => name !== ALL_VOICES);
  return { lines: grouped(lines), summary: grouped([...apart, ...together]) };
}

const ALL_VOICES = 'all voices';

/** "flite", "espeak", "recorded" or "human". */
function kindOf(speaker: string): string {
  return speaker.split(' ')[0]!;
}

/** Together what belongs together: the human voice beside the synthetic ones. */
function grouped(lines: readonly Line[]): Line[] {
  const order = [...new Set(lines.map(({ group }) => group))];
  return [...lines].sort((one, other) => order.indexOf(one.group) - order.indexOf(other.group));
}

async function run(driver: EmbeddedSttDriver, { hints, utterances }: Experiment): Promise<Trial[]> {
  const caller = await Caller.ring(driver);
  const trials: Trial[] = [];
  for (const utterance of utterances) {
    const result = await caller.say(await utterance.audio(), utterance.hints ?? hints);
    trials.push({ said: utterance.said, result });
  }
  await caller.hangUp();
  return trials;
}

function printMisses(trials: readonly Trial[]): void {
  for (const { said, result } of trials) {
    if (said !== result.text && (said ?? '') !== result.text) {
      say(`    ${said ?? '(out of grammar)'} => ${result.text || '(rejected)'}  ${result.confidence.toFixed(2)}`);
    }
  }
}

async function measureLatency(
  driver: EmbeddedSttDriver,
  speakers: readonly Speaker[],
  sentences: number,
): Promise<Latency> {
  const heard: Heard[] = [];
  for (const speaker of speakers) {
    const caller = await Caller.ring(driver);
    for (const sentence of inGrammar.slice(0, sentences)) {
      heard.push(await caller.sayLive(await speaker.say(sentence, '8k mu-law'), wholeGrammar));
    }
    await caller.hangUp();
  }
  const finals = heard.map(({ finalMs }) => finalMs);
  const partials = heard.map(({ firstPartialMs }) => firstPartialMs).filter((each) => each !== undefined);
  return {
    utterances: heard.length,
    finalP50Ms: quantile(finals, 0.5),
    finalP95Ms: quantile(finals, 0.95),
    firstPartialP50Ms: quantile(partials, 0.5) - LEAD_MS,
  };
}

function quantile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((one, other) => one - other);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? NaN;
}

function say(line: string): void {
  process.stderr.write(`${line}\n`);
}
