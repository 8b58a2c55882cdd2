import { existsSync } from 'node:fs';
import path from 'node:path';
import { type Options, parseOptions, type ScenarioName, USAGE, UsageError } from './options.ts';
import { describeMachine } from './report/machine.ts';
import { roundTripText, textTable } from './report/table.ts';
import { type Results, writeResults } from './report/write-results.ts';
import { killAllChildren } from './run/children.ts';
import type { Bench, Timing } from './run/measure.ts';
import { pin } from './run/pinning.ts';
import { ROOT, type RowName } from './run/rows.ts';
import { bargeIn, idle, resampling, talking } from './scenarios/comparison.ts';
import { overload } from './scenarios/overload.ts';
import type { Section, Step } from './scenarios/scenario.ts';
import { slowClient } from './scenarios/slow-client.ts';
import { stall } from './scenarios/stall.ts';

const STEPS: Record<ScenarioName, (options: Options) => Step[]> = {
  talking,
  idle,
  'barge-in': bargeIn,
  resampling,
  overload,
  'slow-client': slowClient,
  stall,
};

const FULL: Omit<Timing, 'windowMs'> = { warmUpMs: 4000, settleMs: 4000 };
const QUICK: Omit<Timing, 'windowMs'> = { warmUpMs: 1500, settleMs: 1500 };
const INTERRUPTED = 130;

process.on('exit', killAllChildren);

try {
  const options = parseOptions(process.argv.slice(2));
  if (options.help) console.log(USAGE);
  else process.exitCode = await run(options);
} catch (error) {
  if (!(error instanceof UsageError)) throw error;
  console.error(`${error.message}\n\n${USAGE}`);
  process.exitCode = 2;
}

async function run(asked: Options): Promise<number> {
  const failures: string[] = [];
  const options = { ...asked, rows: asked.rows.filter((row) => isThere(row, failures)) };
  const steps = options.scenarios.flatMap((name) => STEPS[name](options));
  const pinning = pin();
  const machine = describeMachine(pinning, process.argv.slice(2));
  if (pinning.missing) say(`warning: ${pinning.missing}`);
  if (machine.loadBefore[0]! > machine.cores / 2)
    say(`warning: load average ${machine.loadBefore[0]}: something else runs here, and the tails will show it`);

  const sections: (Section & { figures: unknown[]; facts: string[] })[] = [];
  const results = (complete: boolean): Results => ({ machine, sections, failures, complete });
  // Children get a terminal's Ctrl-C too; whatever is still alive is killed on the way out.
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const)
    process.on(signal, () => {
      say(`${signal}: writing what has been measured`);
      if (sections.length > 0) writeResults(options.name, results(false));
      process.exit(INTERRUPTED);
    });

  const idleCpuPercent = new Map<string, number>();
  let leftMs = steps.reduce((sum, { estimateMs }) => sum + estimateMs, 0);
  for (const [i, step] of steps.entries()) {
    const bench: Bench = {
      pinning,
      seed: options.seed,
      idleCpuPercent,
      timing: { windowMs: options.windowMs, ...(options.quick ? QUICK : FULL) },
      progress: (what) => say(`[${i + 1}/${steps.length}] ${what} (about ${durationText(leftMs)} left)`),
    };
    try {
      const { figures, facts } = await step.run(bench, options);
      let section = sections.find(({ title }) => title === step.title);
      if (!section && figures.length > 0) {
        section = { title: step.title, about: step.about, figures: [], facts: [] };
        sections.push(section);
      }
      section?.figures.push(...figures);
      section?.facts.push(...facts);
    } catch (error) {
      const message = `${step.title}: ${(error as Error).message}`;
      failures.push(message.split('\n')[0]!);
      say(`FAILED: ${message}`);
    }
    leftMs -= step.estimateMs;
    if (sections.length > 0) writeResults(options.name, results(false));
  }

  for (const { title, figures, facts } of sections) {
    console.log(`\n${title}\n${textTable(figures)}`);
    for (const fact of [...facts, ...roundTripText(figures)]) console.log(`  ${fact}`);
  }
  if (sections.length === 0) {
    say('nothing was measured');
    return 1;
  }
  console.log(`\n${writeResults(options.name, results(failures.length === 0)).join('\n')}`);
  for (const failure of failures) say(`NOT MEASURED: ${failure}`);
  return failures.length === 0 ? 0 : 1;
}

/** The peers are optional: where one cannot be installed, the others are measured all the same. */
function isThere(row: RowName, failures: string[]): boolean {
  const needed = { parley: 'dist/main.js', ws: 'bench/node_modules/ws', livekit: 'bench/node_modules/@livekit/agents' }[
    row
  ];
  if (existsSync(path.join(ROOT, needed))) return true;
  const why = `${row}: ${needed} is missing (npm run bench installs and builds; the messages above say what failed)`;
  failures.push(why);
  say(`WARNING: ${why}`);
  return false;
}

function durationText(ms: number): string {
  return ms > 90_000 ? `${Math.round(ms / 60_000)} min` : `${Math.max(1, Math.round(ms / 1000))} s`;
}

function say(message: string): void {
  console.error(`bench: ${message}`);
}
