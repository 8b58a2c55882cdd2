import { DIGIT_WORDS, TEEN_WORDS, TENS_WORDS } from '../../../kernel/number-words.js';

/** A value read from `tokens`, up to but not including `end`. */
export interface Reading<T> {
  readonly value: T;
  readonly end: number;
}

const UNITS = numbered(DIGIT_WORDS, (index) => index);
const TEENS = numbered(TEEN_WORDS, (index) => 10 + index);
const TENS = numbered(TENS_WORDS, (index) => 20 + 10 * index);
const ZEROES = new Set(['zero', 'oh', 'o', 'nought', 'naught']);
const TIMES: Readonly<Record<string, number>> = { double: 2, triple: 3, treble: 3 };

/** A whole or decimal number in words or figures: "one hundred and twenty", "twelve point five", "120". */
export function numberAt(tokens: readonly string[], at: number): Reading<number> | undefined {
  const whole = wholeNumberAt(tokens, at);
  if (!whole || tokens[whole.end] !== 'point') return whole;
  let end = whole.end + 1;
  let decimals = '';
  for (let digit = digitOf(tokens[end]); digit !== undefined; digit = digitOf(tokens[end])) {
    decimals += digit;
    end += 1;
  }
  return decimals === '' ? whole : { value: Number(`${whole.value}.${decimals}`), end };
}

function wholeNumberAt(tokens: readonly string[], at: number): Reading<number> | undefined {
  if (/^\d+(\.\d+)?$/.test(tokens[at] ?? '')) return { value: Number(tokens[at]), end: at + 1 };
  let total = 0;
  let group: number | undefined;
  let end = at;
  for (let index = at; index < tokens.length; index += 1) {
    const word = tokens[index]!;
    const small = smallNumberAt(tokens, index);
    if (small && (group === undefined || (group >= 100 && group % 100 === 0))) {
      group = (group ?? 0) + small.value;
      index = small.end - 1;
      end = small.end;
    } else if (word === 'a' && group === undefined && /^(hundred|thousand)$/.test(tokens[index + 1] ?? '')) {
      group = 1;
    } else if (word === 'hundred' && group !== undefined && group < 100) {
      group *= 100;
      end = index + 1;
    } else if (word === 'thousand' && group !== undefined && total === 0) {
      total = group * 1000;
      group = undefined;
      end = index + 1;
    } else if (!(word === 'and' && end === index && index > at && smallNumberAt(tokens, index + 1))) {
      break;
    }
  }
  return end === at ? undefined : { value: total + (group ?? 0), end };
}

/** 0 to 99. */
function smallNumberAt(tokens: readonly string[], at: number): Reading<number> | undefined {
  const word = tokens[at] ?? '';
  const plain = lookUp(UNITS, word) ?? lookUp(TEENS, word);
  if (plain !== undefined) return { value: plain, end: at + 1 };
  const tens = lookUp(TENS, word);
  if (tens === undefined) return undefined;
  const unit = lookUp(UNITS, tokens[at + 1] ?? '');
  return unit ? { value: tens + unit, end: at + 2 } : { value: tens, end: at + 1 };
}

/**
 * Digits read one by one, in groups, or as figures: "four two double four", "forty two forty two", "4 2 42".
 * One reading per place where a group ends, shortest first.
 */
export function digitsAt(tokens: readonly string[], at: number): Reading<string>[] {
  const readings: Reading<string>[] = [];
  let digits = '';
  let end = at;
  for (let group = digitGroupAt(tokens, end); group; group = digitGroupAt(tokens, end)) {
    digits += group.value;
    end = group.end;
    readings.push({ value: digits, end });
  }
  return readings;
}

function digitGroupAt(tokens: readonly string[], at: number): Reading<string> | undefined {
  const word = tokens[at];
  if (word === undefined) return undefined;
  if (/^\d+$/.test(word)) return { value: word, end: at + 1 };
  const digit = digitOf(word);
  // "four thousand two hundred and forty two" and "forty two hundred" are read as numbers.
  const large =
    digit === undefined || /^(hundred|thousand)$/.test(tokens[at + 1] ?? '') ? wholeNumberAt(tokens, at) : undefined;
  if (large && tokens.slice(at, large.end).some((part) => part === 'hundred' || part === 'thousand')) {
    return { value: String(large.value), end: large.end };
  }
  if (digit !== undefined) return { value: digit, end: at + 1 };
  const times = lookUp(TIMES, word);
  const repeated = digitOf(tokens[at + 1]);
  if (times && repeated !== undefined) return { value: repeated.repeat(times), end: at + 2 };
  const small = smallNumberAt(tokens, at);
  return small && { value: String(small.value), end: small.end };
}

function digitOf(word: string | undefined): string | undefined {
  if (word === undefined) return undefined;
  if (ZEROES.has(word)) return '0';
  if (/^\d$/.test(word)) return word;
  const unit = lookUp(UNITS, word);
  return unit === undefined ? undefined : String(unit);
}

function numbered(words: readonly string[], numberOf: (index: number) => number): Readonly<Record<string, number>> {
  return Object.fromEntries(words.map((word, index) => [word, numberOf(index)]));
}

function lookUp(table: Readonly<Record<string, number>>, word: string): number | undefined {
  return Object.hasOwn(table, word) ? table[word] : undefined;
}
