import { setTimeout as delay } from 'node:timers/promises';
import type { Options } from '../options.ts';
import { percentilesOf } from '../load/samples.ts';
import type { Upgrades } from '../load/protocol.ts';
import { Load } from '../run/load.ts';
import { measureWindow, placeCalls, startWarm } from '../run/measure.ts';
import { rowOf } from '../run/rows.ts';
import { scriptOf, SPREAD_MS } from '../run/scripts.ts';
import type { Pressure } from '../run/server-process.ts';
import type { Step } from './scenario.ts';

const CAPACITY = 100;
const RAMP_MS = 2000;

/** Twice as many callers as there are slots. The surplus must be told so; those who are in must not notice. */
export function overload(options: Options): Step[] {
  const capacity = options.calls?.[0] ?? CAPACITY;
  const row = rowOf('parley', options.rate);
  return [
    {
      title: 'Overload: twice as many callers as slots',
      about: `MAX_CONNECTIONS=${capacity}: ${capacity} callers talk, then ${capacity} more knock within ${RAMP_MS / 1000} s.`,
      estimateMs: options.windowMs * 2 + 15_000,
      async run(bench) {
        const warm = await startWarm(bench, row, { MAX_CONNECTIONS: String(capacity) });
        const live = new Load(capacity, bench.pinning);
        const surplus = new Load(capacity, bench.pinning);
        try {
          const script = scriptOf('talking', row.answerMs);
          await placeCalls(bench, live, row, warm.server, script, capacity, 1000);
          await delay(bench.timing.settleMs);
          bench.progress(`${row.label}: ${capacity} calls undisturbed, ${bench.timing.windowMs / 1000} s`);
          const before = await measureWindow(bench, row, warm, live, { scenario: 'undisturbed', calls: capacity });
          bench.progress(`${row.label}: ${capacity} more callers knock, ${bench.timing.windowMs / 1000} s`);
          const knocking = surplus.call({
            port: warm.server.port,
            path: row.mediaPath,
            calls: capacity,
            firstCall: 100_000,
            seed: bench.seed + 1,
            rampMs: RAMP_MS,
            spreadMs: SPREAD_MS,
            script,
          });
          // A failure is reported where it is awaited, after the window.
          knocking.catch(() => undefined);
          const during = await measureWindow(bench, row, warm, live, {
            scenario: 'overloaded',
            calls: capacity,
            others: async () => Math.max(0, (await warm.server.sessions()) - capacity),
          });
          const upgrades = await knocking;
          const pressure = await warm.server.pressure();
          return {
            figures: [before, during],
            facts: [...refusalText(capacity, upgrades), levelText(pressure)],
          };
        } finally {
          await Promise.all([live.stop(), surplus.stop()]);
          await warm.server.stop();
        }
      },
    },
  ];
}

function refusalText(knocked: number, { accepted, refused, retryAfter, said, refusedAfterMs }: Upgrades): string[] {
  const list = (counts: Record<string, number>): string =>
    Object.entries(counts)
      .map(([what, count]) => `${count} × ${what}`)
      .join(', ') || 'none';
  const waited = percentilesOf([refusedAfterMs]);
  return [
    `Of the ${knocked} in excess ${accepted} got in and ${refusedAfterMs.length} were refused (${list(refused)})` +
      (waited ? `, after ${waited.p50.toFixed(0)} ms (p50), ${waited.p99.toFixed(0)} ms (p99).` : '.'),
    ...(waited ? [`They were told: ${list(said)}; Retry-After in seconds: ${list(retryAfter)}.`] : []),
  ];
}

function levelText(pressure: Pressure | null): string {
  if (!pressure) return 'The server did not tell its overload level.';
  const path = pressure.wentTo.length > 0 ? `it went to ${pressure.wentTo.join(', ')}` : 'it never changed';
  return `Overload level at the end: ${pressure.level}; ${path}.`;
}
