import type { Pause, SpokenSegment } from '../../../spoken-form.js';

/** A stretch of the request that is synthesised at once. */
export interface Clause {
  readonly segments: readonly SpokenSegment[];
  /** What follows it. */
  readonly pause: Pause;
}

/** The first clause should be heard soon: it may end at a comma when it has this many characters… */
const FIRST_MIN = 12;
/** …and must end when it has this many. */
const FIRST_MAX = 100;
/** Later ones are longer, because whole sentences sound better. */
const LATER_MIN = 60;
/** Bounds what one run costs, and with it how long an abandoned run keeps a worker busy. */
const LATER_MAX = 160;

/** Cuts at the ends of sentences, at commas where enough has come before, and between words where nothing else helps. */
export function planClauses(segments: readonly SpokenSegment[]): Clause[] {
  const clauses: Clause[] = [];
  let current: SpokenSegment[] = [];
  let length = 0;
  const cut = (pause: Pause): void => {
    if (current.length === 0) return;
    clauses.push({ segments: current, pause });
    current = [];
    length = 0;
  };
  for (const segment of segments) {
    const [min, max] = clauses.length === 0 ? [FIRST_MIN, FIRST_MAX] : [LATER_MIN, LATER_MAX];
    if (length + segment.spoken.length > max) {
      const rest = current.splice(phraseStart(current));
      cut('none');
      current = rest;
      length = rest.reduce((sum, { spoken }) => sum + spoken.length + 1, 0);
    }
    current.push(segment);
    length += segment.spoken.length + 1;
    if (segment.pause === 'sentence' || (segment.pause === 'clause' && length >= min)) cut(segment.pause);
  }
  cut('none');
  return clauses;
}

/** Words before which a speaker may take a breath. */
const PHRASE_STARTS = new Set(
  'and or but because that which who if when while with for from to of in on at by'.split(' '),
);

/** Where the last phrase begins, if not in the first half; else the end. */
function phraseStart(segments: readonly SpokenSegment[]): number {
  const start = segments.findLastIndex(({ spoken }) => PHRASE_STARTS.has(spoken));
  return start > segments.length / 2 ? start : segments.length;
}

/** The clause as the engine reads it. */
export function clauseText({ segments, pause }: Clause): string {
  const words = segments.map((segment, i) => {
    const isInner = i < segments.length - 1;
    return segment.spoken + (isInner && segment.pause !== 'none' ? ',' : '');
  });
  return words.join(' ') + (pause === 'sentence' ? '.' : ',');
}

/** The words of one segment, as they are aligned with the sound. */
export function wordsOf(segment: SpokenSegment): string[] {
  return segment.spoken.split(/[\s,-]+/).filter((word) => /[a-z]/i.test(word));
}
