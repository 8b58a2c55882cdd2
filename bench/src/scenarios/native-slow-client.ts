import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import type { Options } from '../options.ts';
import { DeafCaller } from '../load/deaf-caller.ts';
import { percentilesOf } from '../load/samples.ts';
import { Load } from '../run/load.ts';
import { measureWindow, placeCalls, startWarm } from '../run/measure.ts';
import { rowOf } from '../run/rows.ts';
import { scriptOf } from '../run/scripts.ts';
import type { Step } from './scenario.ts';

const CLOSE_WATCH = fileURLToPath(new URL('../run/close-watch.ts', import.meta.url));
const READERS = 25;
const DEAF = 10;
/** Linux keeps up to 4 MB for a socket on loopback: at 96 KB/s that takes about 45 s. Then it is the server's turn. */
const WINDOW_AFTER_MS = 40_000;
const DEAF_MS = 70_000;
/** To read what is left of 4 MB, with the close frame behind it. */
const READ_MS = 1000;

const ENV = {
  // One answer of 81 s, from a voice that is faster than speech as most are.
  SCRIPTED_TTS_WORD_MS: '3000',
  SCRIPTED_TTS_SPEED: '2',
  // By default the heartbeat ends such a call at 45 s, just before.
  HEARTBEAT_INTERVAL_MS: '60000',
};

/** Native clients with much audio, that read none of it: the server must close them, and nobody else must notice. */
export function nativeSlowClient(options: Options): Step {
  const readers = options.calls?.[0] ?? READERS;
  const parley = rowOf('parley', options.rate);
  const row = { ...parley, nodeArgs: [...parley.nodeArgs, '--import', CLOSE_WATCH] };
  return {
    title: 'Native clients that stop reading',
    about: `${readers} callers interrupt their answers; ${DEAF} native clients at 48 kHz read nothing of theirs for ${DEAF_MS / 1000} s.`,
    estimateMs: options.windowMs + DEAF_MS + 15_000,
    async run(bench) {
      const warm = await startWarm(bench, row, ENV);
      const healthy = new Load(readers, bench.pinning);
      let deaf: DeafCaller[] = [];
      try {
        await placeCalls(bench, healthy, row, warm.server, scriptOf('barge-in', row.answerMs), readers, 1000);
        await delay(bench.timing.settleMs);
        bench.progress(`${row.label}: ${readers} calls undisturbed, ${bench.timing.windowMs / 1000} s`);
        const before = await measureWindow(bench, row, warm, healthy, { scenario: 'undisturbed', calls: readers });
        deaf = await Promise.all(Array.from({ length: DEAF }, () => DeafCaller.connect(warm.server.port)));
        const since = performance.now();
        const closedAfterMs: number[] = [];
        const stopWatching = warm.server.onClosing(({ port }) => {
          const caller = deaf.find((one) => one.port === port);
          if (!caller) return;
          closedAfterMs.push(performance.now() - since);
          caller.readAgain();
        });
        bench.progress(`${row.label}: ${DEAF} native clients read nothing, ${DEAF_MS / 1000} s`);
        await delay(WINDOW_AFTER_MS);
        const during = await measureWindow(bench, row, warm, healthy, {
          scenario: 'with slow',
          calls: readers,
          others: async () => Math.max(0, (await warm.server.sessions()) - readers),
        });
        await delay(Math.max(0, DEAF_MS - (performance.now() - since)));
        stopWatching();
        await delay(READ_MS);
        return { figures: [before, during], facts: [closedText(deaf, Float64Array.from(closedAfterMs))] };
      } finally {
        for (const caller of deaf) caller.leave();
        await healthy.stop();
        await warm.server.stop();
      }
    },
  };
}

function closedText(deaf: readonly DeafCaller[], closedAfterMs: Float64Array): string {
  const codes = new Map<number, number>();
  for (const { closeCode } of deaf) if (closeCode !== null) codes.set(closeCode, (codes.get(closeCode) ?? 0) + 1);
  const parts = [...codes].map(([code, count]) => `${count} were closed with ${code}`);
  const after = percentilesOf([closedAfterMs]);
  const seconds = after
    ? ` after ${(after.p50 / 1000).toFixed(0)} s (the last after ${(after.max / 1000).toFixed(0)} s)`
    : '';
  return `Of ${deaf.length} native clients that read nothing, ${parts.join(', ') || 'none was closed'}${seconds}.`;
}
