import { DIGIT_WORDS, TEEN_WORDS, TENS_WORDS } from '../../kernel/number-words.js';

export type Redacted = 'card' | 'email' | 'phone';

/** Takes out of a text what it holds of certain kinds; `[card]`, `[email]` or `[phone]` stands in its place. */
export type Redact = (text: string) => string;

const DIGITS: Readonly<Record<string, string>> = {
  ...Object.fromEntries(DIGIT_WORDS.map((word, digit) => [word, String(digit)])),
  oh: '0',
};
const REPEATS: Readonly<Record<string, number>> = { double: 2, triple: 3 };

/** What is read as two digits: "forty one" and "forty" are one group each. */
const GROUPS: Readonly<Record<string, string>> = {
  ...DIGITS,
  o: '0',
  nought: '0',
  ...Object.fromEntries(TEEN_WORDS.map((word, index) => [word, String(10 + index)])),
  ...Object.fromEntries(TENS_WORDS.map((word, index) => [word, String(20 + 10 * index)])),
};
/** Said between the groups of a number. */
const FILLERS =
  'and|then|next|after|that|followed|by|uh|uhh|uhm|um|umm|er|erm|ah|hm|hmm|mm|so|yes|yeah|right|okay|ok|dash|hyphen|dot|comma|space';

/** Western, full-width and both Arabic ones: the last four bits of each are its value. */
const DIGIT = '[0-9０-９٠-٩۰-۹]';
const WORD = `(?:${[...Object.keys(DIGITS), ...Object.keys(REPEATS)].join('|')})`;
const BETWEEN = String.raw`[\s.,()\/\u2010-\u2015-]{0,4}`;
/** Digits and words for digits, whatever stands between them in numbers that are read, written or spoken. */
const NUMBER = new RegExp(String.raw`\+?\(?(?:${DIGIT}|\b${WORD}\b)(?:${BETWEEN}(?:${DIGIT}|\b${WORD}\b))+`, 'giu');
const NUMBER_PART = new RegExp(`${DIGIT}|[a-z]+`, 'gu');
const CLOSE = new RegExp(`^${BETWEEN}$`, 'u');
const ONE_SPACE = /^[\s-]$/;

const GROUP = new RegExp(
  String.raw`${DIGIT}+|(?<!\p{L})(?:${[...Object.keys(GROUPS), ...Object.keys(REPEATS)].join('|')})(?!\p{L})`,
  'giu',
);
const LOOSE = new RegExp(String.raw`^(?:[^\p{L}\p{N}\p{Sc}%:\[\]]|(?<!\p{L})(?:${FILLERS})(?!\p{L}))*$`, 'iu');
const LONGEST_GAP = 40;
/** Stands between texts that are looked at together. Recognisers do not write it. */
const TEXT_END = '\u001E';
const DATE = /^(?:19|20)\d\d[-./ ]\d{1,2}[-./ ]\d{1,2}\b|^\d{1,2}[-./]\d{1,2}[-./](?:19|20)\d\d\b/;
const GROUPED = /^\(?\d{3}\)?[-. ]\d{4}$/;

// Each part has a limit, so that no text takes long.
const EMAIL = /[\p{L}\p{N}._%+-]{1,64}@[\p{L}\p{N}-]{1,63}(?:\.[\p{L}\p{N}-]{1,63})+/gu;
const SPOKEN_EMAIL =
  /\b[\p{L}\p{N}]{1,64}(?:\s(?:dot|underscore|dash|hyphen)\s[\p{L}\p{N}]{1,64}){0,5}\sat\s[\p{L}\p{N}]{1,63}(?:\sdot\s[\p{L}\p{N}]{1,63})+/giu;

/** Only `at` is spoken. A word before the address of a site is no name, but before one of those that have mailboxes. */
const HALF_SPOKEN_EMAIL = new RegExp(
  [
    String.raw`\b[\p{L}\p{N}]{1,64}(?:(?:[._+-]|\s(?:dot|underscore|dash|hyphen)\s)[\p{L}\p{N}]{1,64}){1,5}\sat\s[\p{L}\p{N}-]{1,63}(?:(?:\.|\sdot\s)[\p{L}\p{N}-]{1,63}){0,5}(?:\.|\sdot\s)\p{L}{2,63}`,
    String.raw`\b[\p{L}\p{N}]{1,64}\sat\s(?:gmail|googlemail|outlook|hotmail|yahoo|icloud|aol|gmx|proton|protonmail)\.\p{L}{2,10}(?:\.\p{L}{2})?\b`,
  ].join('|'),
  'giu',
);

const SHORTEST_CARD = 13;
const LONGEST_CARD = 19;
/** What is longer holds one nearly certainly. */
const LONGEST_RUN = 60;
/** How numbers of issuers begin, and how long they then are: much else adds up by chance. */
const OF_ISSUER =
  /^(?:4\d{15}(?:\d{3})?|5[1-5]\d{14}|(?:222[1-9]|22[3-9]\d|2[3-6]\d\d|27[01]\d|2720|220[0-4])\d{12}|3[47]\d{13}|3(?:0[0-59]|[689]\d)\d{11}|35\d{14}|(?:6\d|5[068]|8[12])\d{14}(?:\d{3})?)$/;

/**
 * Cards are runs of at least 13 digits in which a number of the length of a card has a right check digit; telephone numbers
 * runs of 10 to 15, or of 7 to 9 that look like one. Digits may be written in groups or be spoken as English words. Also
 * with other marks and a few words like "and then" between its groups, or tens ("forty one eleven"), a number is a card,
 * if it is as long as its issuer's are and begins and ends with a group.
 */
export function redaction(kinds: readonly Redacted[]): Redact {
  const wanted = new Set(kinds);
  return (text) => {
    let result = text;
    if (wanted.has('email'))
      result = result.replace(EMAIL, '[email]').replace(HALF_SPOKEN_EMAIL, '[email]').replace(SPOKEN_EMAIL, '[email]');
    if (wanted.has('card')) result = withoutCardsInGroups(result);
    if (wanted.has('card') || wanted.has('phone'))
      result = result.replace(NUMBER, (run) => {
        const kind = kindOf(run);
        return kind !== undefined && wanted.has(kind) ? `[${kind}]` : run;
      });
    return result;
  };
}

/** Takes out what each of the texts holds, and a card number that is said in several of them, one after the other. */
export function redactTogether(redact: Redact, texts: readonly string[]): string[] {
  return redact(texts.map((text) => text.replaceAll(TEXT_END, ' ')).join(TEXT_END)).split(TEXT_END);
}

/** Whether it can be part of a number. */
export function holdsDigits(text: string): boolean {
  return text.search(GROUP) !== -1;
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
  for (const [token] of run.toLowerCase().matchAll(NUMBER_PART)) {
    const digit = DIGITS[token] ?? written(token);
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

/** Digits that are written or said in one go. */
interface Group {
  readonly start: number;
  readonly end: number;
  readonly digits: string;
}

type Gap = 'close' | 'decimals' | 'loose' | 'next text' | 'other';
const goesOn: ReadonlySet<Gap> = new Set(['close', 'loose', 'next text']);
const isClose: ReadonlySet<Gap> = new Set(['close', 'decimals']);

function withoutCardsInGroups(text: string): string {
  const groups = groupsOf(text);
  const gaps = groups.map(({ start, end }, index) => gapOf(text, groups[index - 1]?.end, start, end));
  const hidden = groups.map(() => false);
  /** With the group before, in one card. */
  const together = groups.map(() => false);
  for (let first = 0; first < groups.length; first++) {
    let digits = '';
    for (let last = first; last < groups.length && (last === first || goesOn.has(gaps[last]!)); last++) {
      digits += groups[last]!.digits;
      if (digits.length > LONGEST_CARD) break;
      if (!OF_ISSUER.test(digits) || !hasCheckDigit(digits)) continue;
      hidden.fill(true, first, last + 1);
      together.fill(true, first + 1, last + 1);
    }
  }
  // And the month and the year that are said in the same breath.
  for (let index = 1; index < groups.length; index++)
    if (isClose.has(gaps[index]!) && hidden[index - 1]) hidden[index] = together[index] = true;
  for (let index = groups.length - 1; index > 0; index--)
    if (isClose.has(gaps[index]!) && hidden[index]) hidden[index - 1] = together[index] = true;

  let result = '';
  let done = 0;
  for (const [index, { start, end }] of groups.entries()) {
    if (!hidden[index]) continue;
    if (!together[index] || gaps[index] === 'next text') result += `${text.slice(done, start)}[card]`;
    done = end;
  }
  return result + text.slice(done);
}

function groupsOf(text: string): Group[] {
  const groups: Group[] = [];
  let before: { readonly start: number; readonly end: number; readonly word: string } | undefined;
  for (const match of text.matchAll(GROUP)) {
    const word = match[0].toLowerCase();
    const start = match.index;
    const end = start + word.length;
    const digits = GROUPS[word] ?? (word in REPEATS ? '' : written(word));
    const lead = before?.end === start - 1 && ONE_SPACE.test(text[start - 1]!) ? before : undefined;
    if (lead && lead.word in REPEATS && digits.length === 1)
      groups.push({ start: lead.start, end, digits: digits.repeat(REPEATS[lead.word]!) });
    else if (lead && TENS_WORDS.includes(lead.word) && word in DIGITS && digits !== '0')
      groups[groups.length - 1] = { start: lead.start, end, digits: `${GROUPS[lead.word]![0]}${digits}` };
    else if (digits !== '') groups.push({ start, end, digits });
    before = { start, end, word };
  }
  return groups;
}

function gapOf(text: string, from: number | undefined, to: number, end: number): Gap {
  if (from === undefined || to - from > 2 * LONGEST_GAP) return 'other';
  const gap = text.slice(from, to);
  // Who goes on after a question says more than a few words.
  if (gap.includes(TEXT_END)) return 'next text';
  if (gap.length > LONGEST_GAP) return 'other';
  // Amounts and dates, which are often said one after the other.
  if (/^[.,/]$/.test(gap) && end - to <= 2) return 'decimals';
  return CLOSE.test(gap) ? 'close' : LOOSE.test(gap) ? 'loose' : 'other';
}

function written(digits: string): string {
  return Array.from(digits, (digit) => digit.charCodeAt(0) & 0xf).join('');
}
