export type Redacted = 'card' | 'email' | 'phone';

/** Takes out of a text what it holds of certain kinds; `[card]`, `[email]` or `[phone]` stands in its place. */
export type Redact = (text: string) => string;

const DIGITS: Readonly<Record<string, string>> = {
  zero: '0',
  oh: '0',
  one: '1',
  two: '2',
  three: '3',
  four: '4',
  five: '5',
  six: '6',
  seven: '7',
  eight: '8',
  nine: '9',
};
const REPEATS: Readonly<Record<string, number>> = { double: 2, triple: 3 };

const WORD = `(?:${[...Object.keys(DIGITS), ...Object.keys(REPEATS)].join('|')})`;
const BETWEEN = String.raw`[\s.,()\/\u2010-\u2015-]{0,4}`;
/** Digits and words for digits, whatever stands between them in numbers that are read, written or spoken. */
const NUMBER = new RegExp(String.raw`\+?\(?(?:\d|\b${WORD}\b)(?:${BETWEEN}(?:\d|\b${WORD}\b))+`, 'giu');
const DATE = /^(?:19|20)\d\d[-./ ]\d{1,2}[-./ ]\d{1,2}\b|^\d{1,2}[-./]\d{1,2}[-./](?:19|20)\d\d\b/;
const GROUPED = /^\(?\d{3}\)?[-. ]\d{4}$/;

// Each part has a limit, so that no text takes long.
const EMAIL = /[\p{L}\p{N}._%+-]{1,64}@[\p{L}\p{N}-]{1,63}(?:\.[\p{L}\p{N}-]{1,63})+/gu;
const SPOKEN_EMAIL =
  /\b[\p{L}\p{N}]{1,64}(?:\s(?:dot|underscore|dash|hyphen)\s[\p{L}\p{N}]{1,64}){0,5}\sat\s[\p{L}\p{N}]{1,63}(?:\sdot\s[\p{L}\p{N}]{1,63})+/giu;

const SHORTEST_CARD = 13;
const LONGEST_CARD = 19;
/** What is longer holds one nearly certainly. */
const LONGEST_RUN = 60;

/**
 * Cards are runs of at least 13 digits in which a number of the length of a card has a right check digit; telephone numbers
 * runs of 10 to 15, or of 7 to 9 that look like one. Digits may be written in groups or be spoken as English words. What
 * is said in two turns is not put together.
 */
export function redaction(kinds: readonly Redacted[]): Redact {
  const wanted = new Set(kinds);
  return (text) => {
    let result = text;
    if (wanted.has('email')) result = result.replace(EMAIL, '[email]').replace(SPOKEN_EMAIL, '[email]');
    if (wanted.has('card') || wanted.has('phone'))
      result = result.replace(NUMBER, (run) => {
        const kind = kindOf(run);
        return kind !== undefined && wanted.has(kind) ? `[${kind}]` : run;
      });
    return result;
  };
}

function kindOf(run: string): 'card' | 'phone' | undefined {
  const digits = digitsOf(run);
  if (digits.length > LONGEST_RUN || holdsCard(digits)) return 'card';
  if (DATE.test(run) || digits.length < 7 || digits.length > 15) return undefined;
  if (digits.length >= 10) return 'phone';
  return /^[+(0]/.test(run) || digits.startsWith('0') || GROUPED.test(run) ? 'phone' : undefined;
}

function digitsOf(run: string): string {
  let digits = '';
  let repeat = 1;
  for (const [token] of run.toLowerCase().matchAll(/\d|[a-z]+/g)) {
    const digit = DIGITS[token] ?? token;
    if (digit.length === 1) digits += digit.repeat(repeat);
    repeat = REPEATS[token] ?? 1;
  }
  return digits;
}

/** Also with a month and a year said in the same breath. */
function holdsCard(digits: string): boolean {
  for (let start = 0; start + SHORTEST_CARD <= digits.length; start++)
    for (let length = SHORTEST_CARD; length <= LONGEST_CARD && start + length <= digits.length; length++)
      if (hasCheckDigit(digits.slice(start, start + length))) return true;
  return false;
}

/** By Luhn. */
function hasCheckDigit(digits: string): boolean {
  let sum = 0;
  for (let place = 0; place < digits.length; place++) {
    const digit = Number(digits[digits.length - 1 - place]);
    const doubled = place % 2 === 1 ? digit * 2 : digit;
    sum += doubled > 9 ? doubled - 9 : doubled;
  }
  return sum % 10 === 0;
}
