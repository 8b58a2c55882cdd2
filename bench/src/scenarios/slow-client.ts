import { setTimeout as delay } from 'node:timers/promises';
import type { Options } from '../options.ts';
import { percentilesOf } from '../load/samples.ts';
import { mergeCounts, Load } from '../run/load.ts';
import { measureWindow, placeCalls, startWarm } from '../run/measure.ts';
import { rowOf } from '../run/rows.ts';
import { scriptOf } from '../run/scripts.ts';
import { nativeSlowClient } from './native-slow-client.ts';
import type { Step } from './scenario.ts';

const READERS = 25;
const SLOW = 10;
/**
 * Telephone audio is thin: the kernel's socket buffers take minutes of it before the server's own begin to fill. What
 * ends these calls first are two heartbeats that nobody answers, 45 s by default.
 */
const STALL_MS = 60_000;
const MB = 1_048_576;

/** Some clients keep speaking but read nothing any more. They must be cut off, and nobody else must notice. */
export function slowClient(options: Options): Step[] {
  const readers = options.calls?.[0] ?? READERS;
  const row = rowOf('parley', options.rate);
  return [
    {
      title: 'Clients that stop reading',
      about: `${readers} callers talk; ${SLOW} more talk too but read nothing for ${STALL_MS / 1000} s.`,
      estimateMs: options.windowMs * 2 + STALL_MS + 15_000,
      async run(bench) {
        const warm = await startWarm(bench, row);
        const healthy = new Load(readers, bench.pinning);
        const slow = new Load(SLOW, bench.pinning);
        try {
          const script = scriptOf('talking', row.answerMs);
          await placeCalls(bench, healthy, row, warm.server, script, readers, 1000);
          await delay(bench.timing.settleMs);
          bench.progress(`${row.label}: ${readers} calls undisturbed, ${bench.timing.windowMs / 1000} s`);
          const before = await measureWindow(bench, row, warm, healthy, { scenario: 'undisturbed', calls: readers });
          // A caller who does not hear cannot wait for an answer: these give up after a moment and speak again.
          const deaf = { ...script, answerLimitMs: 6000 };
          await placeCalls(bench, slow, row, warm.server, deaf, SLOW, 100_000);
          slow.stopReading();
          bench.progress(`${row.label}: ${SLOW} clients stop reading, ${STALL_MS / 1000} s`);
          await delay(STALL_MS - bench.timing.windowMs);
          const during = await measureWindow(bench, row, warm, healthy, {
            scenario: 'with slow',
            calls: readers,
            others: async () => Math.max(0, (await warm.server.sessions()) - readers),
          });
          const memory = await warm.server.probe('memory');
          slow.readAgain();
          await delay(2000);
          const reports = await slow.report();
          const closed = mergeCounts(reports.map((report) => report.closed));
          const open = reports.reduce((sum, report) => sum + report.open, 0);
          const after = percentilesOf(reports.map((report) => report.closedAfterMs));
          const seconds = after ? ` after ${(after.p50 / 1000).toFixed(0)} s` : '';
          return {
            figures: [before, during],
            facts: [
              `Of ${SLOW} clients that read nothing, ${closedText(closed)}${seconds}; ${open} are still connected after ${STALL_MS / 1000} s.`,
              `The server held ${(memory.rssBytes / MB).toFixed(0)} MB then, ${(warm.base.rssBytes / MB).toFixed(0)} MB before all calls.`,
            ],
          };
        } finally {
          await Promise.all([healthy.stop(), slow.stop()]);
          await warm.server.stop();
        }
      },
    },
    nativeSlowClient(options),
  ];
}

function closedText(closed: Record<string, number>): string {
  const parts = Object.entries(closed).map(([code, count]) => `${count} were closed with ${code}`);
  return parts.join(', ') || 'none was closed';
}
