import type { Options } from '../options.ts';
import { measureOn, startWarm } from '../run/measure.ts';
import { rowOf } from '../run/rows.ts';
import type { Step } from './scenario.ts';

const CALLS = 25;
const RATE = '0.1';

const FAULTS: readonly (readonly [string, string])[] = [
  ['no faults', ''],
  ['recogniser stalls', 'SCRIPTED_STT_STALL_RATE'],
  ['recogniser fails', 'SCRIPTED_STT_FAILURE_RATE'],
  ['model stalls', 'SCRIPTED_LLM_STALL_RATE'],
  ['model fails', 'SCRIPTED_LLM_FAILURE_RATE'],
  ['voice stalls', 'SCRIPTED_TTS_STALL_RATE'],
  ['voice fails', 'SCRIPTED_TTS_FAILURE_RATE'],
];

/** A provider that hangs or fails now and then. The other turns must be answered as before, and no call may be lost. */
export function stall(options: Options): Step[] {
  const calls = options.calls?.[0] ?? CALLS;
  // Such a provider also stalls the warm-up, and readiness waits for that; calls are taken before.
  const row = { ...rowOf('parley', options.rate), readyPath: '/api/v1/health' };
  return FAULTS.map(([name, setting]) => ({
    title: 'Providers that stall or fail',
    about: `${calls} talking callers; one request in ten to one provider hangs for ever, or fails.`,
    estimateMs: options.windowMs + 9000,
    async run(bench) {
      const warm = await startWarm(bench, row, setting ? { [setting]: RATE } : {});
      try {
        const figures = await measureOn(bench, row, warm, 'talking', calls);
        // An apology is shorter than an answer: what it lacks was not dropped.
        return { figures: [{ ...figures, scenario: name, framesDropped: null }], facts: [] };
      } finally {
        await warm.server.stop();
      }
    },
  }));
}
