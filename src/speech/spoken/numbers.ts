import { DIGIT_WORDS, TEEN_WORDS, TENS_WORDS } from '../../kernel/number-words.js';

/** English number words, as text to be spoken. */

const UNITS = [...DIGIT_WORDS, ...TEEN_WORDS];
const TENS = ['', TEEN_WORDS[0]!, ...TENS_WORDS];
const SCALES = ['', 'thousand', 'million', 'billion', 'trillion'];
const IRREGULAR_ORDINALS: Readonly<Record<string, string>> = {
  one: 'first',
  two: 'second',
  three: 'third',
  five: 'fifth',
  eight: 'eighth',
  nine: 'ninth',
  twelve: 'twelfth',
};
/** More digits than there are words for. */
const MAX_DIGITS = SCALES.length * 3;

/** "4242" as "four two four two"; anything that is not a digit is left out. */
export function digitWords(digits: string): string {
  return Array.from(digits.replace(/\D/g, ''), (digit) => UNITS[Number(digit)]).join(' ');
}

/** @param digits the decimal digits of a whole number; leading zeros and numbers beyond the trillions go digit by digit. */
export function cardinalWords(digits: string): string {
  if (digits.length > MAX_DIGITS || (digits.length > 1 && digits.startsWith('0'))) return digitWords(digits);
  if (digits === '0') return UNITS[0]!;
  const words: string[] = [];
  for (let end = digits.length, scale = 0; end > 0; end -= 3, scale++) {
    const group = Number(digits.slice(Math.max(0, end - 3), end));
    if (group > 0) words.unshift(`${belowThousand(group)} ${SCALES[scale]!}`.trim());
  }
  return words.join(' ');
}

/** "12.50" as "twelve point five zero"; thousands separators are ignored. */
export function decimalWords(number: string): string {
  const [whole = '', fraction] = number.replace(/,/g, '').split('.');
  const words = cardinalWords(whole === '' ? '0' : whole);
  return fraction ? `${words} point ${digitWords(fraction)}` : words;
}

export function ordinalWords(digits: string): string {
  const words = cardinalWords(digits);
  const [, before, last] = /^(.*?)([a-z]+)$/.exec(words) ?? [];
  if (before === undefined || last === undefined) return words;
  const ordinal = IRREGULAR_ORDINALS[last] ?? (last.endsWith('y') ? `${last.slice(0, -1)}ieth` : `${last}th`);
  return before + ordinal;
}

/** "2024" as "twenty twenty-four", "2005" as "two thousand five", "1900" as "nineteen hundred". */
export function yearWords(year: number): string {
  const century = Math.floor(year / 100);
  const rest = year % 100;
  if (year < 1000 || year > 9999 || (century % 10 === 0 && rest < 10)) return cardinalWords(String(year));
  if (rest === 0) return `${belowHundred(century)} hundred`;
  return `${belowHundred(century)} ${rest < 10 ? `oh ${UNITS[rest]!}` : belowHundred(rest)}`;
}

function belowThousand(number: number): string {
  const hundreds = Math.floor(number / 100);
  const rest = number % 100;
  if (hundreds === 0) return belowHundred(rest);
  return rest === 0 ? `${UNITS[hundreds]!} hundred` : `${UNITS[hundreds]!} hundred ${belowHundred(rest)}`;
}

function belowHundred(number: number): string {
  if (number < 20) return UNITS[number]!;
  const unit = number % 10;
  return unit === 0 ? TENS[Math.floor(number / 10)]! : `${TENS[Math.floor(number / 10)]!}-${UNITS[unit]!}`;
}
