import { dateRules } from './spoken/dates.js';
import { identifierRules } from './spoken/identifiers.js';
import { quantityRules } from './spoken/quantities.js';
import type { SpokenContext, SpokenRule } from './spoken/rule.js';
import { symbolRules } from './spoken/symbols.js';
import { wordRules } from './spoken/words.js';

/** A stretch of the written text and the words it is spoken as. */
export interface SpokenSegment {
  /** Where it stands in the written text, in UTF-16 units: from `start`, up to but not including `end`. */
  readonly start: number;
  readonly end: number;
  /** Words of ASCII letters, apostrophes and hyphens, separated by blanks, some by a comma; never empty. */
  readonly spoken: string;
  /** What follows it. */
  readonly pause: Pause;
}

export type Pause = 'none' | 'clause' | 'sentence';

export interface SpokenFormOptions {
  /** 3/4/2025 is the third of April, not March fourth. */
  readonly dayFirst?: boolean;
}

const CONTEXT_CHARACTERS = 40;
const rules: readonly SpokenRule[] = [...identifierRules, ...dateRules, ...quantityRules, ...symbolRules, ...wordRules];

/**
 * How a text is read aloud: amounts, dates, numbers, addresses and abbreviations in words; markup, emoji and scripts
 * that cannot be spoken left out. The segments are in the order of the text and do not overlap.
 */
export function spokenForm(text: string, options: SpokenFormOptions = {}): SpokenSegment[] {
  const segments: { start: number; end: number; spoken: string; pause: Pause }[] = [];
  const pauseAfterLast = (pause: Pause): void => {
    const last = segments.at(-1);
    if (last && strength[pause] > strength[last.pause]) last.pause = pause;
  };
  for (let position = 0; position < text.length;) {
    const pause = matchPause(text, position);
    if (pause) {
      pauseAfterLast(pause.kind);
      position = pause.end;
      continue;
    }
    const token = matchToken(text, position, options.dayFirst ?? false);
    if (token && token.spoken !== '')
      segments.push({ start: position, end: token.end, spoken: token.spoken, pause: 'none' });
    if (token?.endsSentence) pauseAfterLast('sentence');
    // Whatever no rule knows (emoji, brackets, markup) is silent.
    position = token?.end ?? position + (text.codePointAt(position)! > 0xffff ? 2 : 1);
  }
  return segments;
}

const strength: Readonly<Record<Pause, number>> = { none: 0, clause: 1, sentence: 2 };

const pauses: readonly { readonly pattern: RegExp; readonly kind: Pause }[] = [
  // An ellipsis in the middle of a sentence, then the ends of sentences.
  { pattern: /(?:\.{3,10}|…)(?=\s+\p{Ll})/uy, kind: 'clause' },
  { pattern: /[.!?…]{1,10}(?=["'’”)\]*_]{0,5}(?:\s|$))/uy, kind: 'sentence' },
  { pattern: /[!?]+/y, kind: 'sentence' },
  { pattern: /[,;:](?=["'’”)\]*_]{0,5}(?:\s|$))/uy, kind: 'clause' },
  { pattern: /\s{0,40}\n\s{0,40}\n\s{0,40}/y, kind: 'sentence' },
  { pattern: /[ \t]{0,40}\n\s{0,40}/y, kind: 'clause' },
  { pattern: /[—|]|\s[–-]{1,3}\s|--/y, kind: 'clause' },
  // Not the bracket of an area code.
  { pattern: /\((?!\d{2,4}\)[ .-]?\d{3})|\)/y, kind: 'clause' },
];

function matchPause(text: string, position: number): { kind: Pause; end: number } | undefined {
  for (const { pattern, kind } of pauses) {
    pattern.lastIndex = position;
    const match = pattern.exec(text);
    // A dash between numbers is a range, not a pause.
    if (match && !(/[–—-]/.test(match[0]) && isRange(text, position, position + match[0].length))) {
      return { kind, end: position + match[0].length };
    }
  }
  return undefined;
}

function isRange(text: string, start: number, end: number): boolean {
  return /[\d%]$/.test(text.slice(Math.max(0, start - 1), start)) && /^[$£€]?\d/.test(text.slice(end, end + 2));
}

function matchToken(
  text: string,
  position: number,
  dayFirst: boolean,
): { spoken: string; end: number; endsSentence: boolean } | undefined {
  const before = text.slice(Math.max(0, position - CONTEXT_CHARACTERS), position);
  for (const { pattern, speak, mayEndSentence } of rules) {
    pattern.lastIndex = position;
    const match = pattern.exec(text);
    if (!match) continue;
    const end = position + match[0].length;
    const after = text.slice(end, end + CONTEXT_CHARACTERS);
    const context: SpokenContext = { before, after, dayFirst };
    const spoken = speak(match, context);
    if (spoken === undefined) continue;
    const endsSentence =
      mayEndSentence === true && match[0].endsWith('.') && /^["'’”)\]*_]{0,5}(?:\s*$|\s+[A-Z"“])/.test(after);
    return { spoken, end, endsSentence };
  }
  return undefined;
}
