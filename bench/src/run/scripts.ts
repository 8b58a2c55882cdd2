import type { CallerScript } from '../load/caller.ts';

const base = { speechMs: 800, pauseMs: 500, answerLimitMs: 5000 };

export type CallerKind = 'talking' | 'barge-in' | 'idle' | 'echo';

const SCRIPTS: Record<CallerKind, Omit<CallerScript, 'answerMs'>> = {
  talking: { ...base, kind: 'talking', interruptAfterMs: [1500, 1500, 1500, null] },
  'barge-in': { ...base, kind: 'talking', interruptAfterMs: [1500] },
  idle: { ...base, kind: 'silent', interruptAfterMs: [null] },
  echo: { ...base, kind: 'echo', interruptAfterMs: [null] },
};

/** What every caller does, by name; the words are explained in bench/README.md. */
export function scriptOf(kind: CallerKind, answerMs: number): CallerScript {
  return { ...SCRIPTS[kind], answerMs };
}

/** Over how long first turns are spread, so that the callers are at all points of their script from the start. */
export const SPREAD_MS = 3000;
