import { letterWords } from './identifiers.js';
import { END, sticky, type SpokenRule } from './rule.js';

/** Never the end of a sentence: a name follows. */
const titles: Readonly<Record<string, string>> = {
  Mr: 'mister',
  Mrs: 'missus',
  Ms: 'miz',
  Dr: 'doctor',
  Prof: 'professor',
  Sgt: 'sergeant',
  Capt: 'captain',
  Lt: 'lieutenant',
  Gen: 'general',
  Rev: 'reverend',
};
/** More follows here as well. */
const connectives: Readonly<Record<string, string>> = {
  'e.g': 'for example',
  'i.e': 'that is',
  approx: 'approximately',
  vs: 'versus',
  acct: 'account',
  ext: 'extension',
  tel: 'telephone',
  ref: 'reference',
};
/** May also stand at the end of a sentence. */
const shortened: Readonly<Record<string, string>> = {
  ave: 'avenue',
  blvd: 'boulevard',
  rd: 'road',
  jr: 'junior',
  sr: 'senior',
  inc: 'incorporated',
  ltd: 'limited',
  corp: 'corporation',
  co: 'company',
  dept: 'department',
  etc: 'et cetera',
  govt: 'government',
  'a.m': 'A M',
  'p.m': 'P M',
};

/** Said letter by letter although they could be read as a word. */
const SPELLED = new Set(
  (
    'ACH AI AM AML APR APY API ATM AU BIC CEO CFO CTO EFT ETA EU FAQ FBI FDIC GDPR HR ID IE IP IRA IRS IT ISA IVR KYC OTP ' +
    'PA PIA PO POA PM QR SEPA SSA SSI UI UK UN URL US USA USB USD VIP'
  ).split(' '),
);
/** Said as a word although they have no vowel to speak of, or look as if they were spelled. */
const SAID = new Set('PIN SIM NASA ASAP OK SWIFT'.split(' '));

const ligatures: Readonly<Record<string, string>> = {
  ß: 'ss',
  æ: 'ae',
  Æ: 'Ae',
  œ: 'oe',
  Œ: 'Oe',
  ø: 'o',
  Ø: 'O',
  ł: 'l',
  Ł: 'L',
  đ: 'd',
  Đ: 'D',
  ð: 'd',
  þ: 'th',
  ı: 'i',
};

/** ASCII letters for a word in Latin script; nothing for other scripts, which the synthesiser cannot read. */
function foldWord(word: string): string {
  return Array.from(
    word.normalize('NFKD'),
    (character) => ligatures[character] ?? (character === '’' ? "'" : character),
  )
    .join('')
    .replace(/[^A-Za-z']/g, '')
    .replace(/'+$/, '');
}

function wordOrAcronym(word: string): string {
  const folded = foldWord(word);
  const [, capitals = '', plural = ''] = /^([A-Z]{2,6})('?s)?$/.exec(folded) ?? [];
  const isSpelled = SPELLED.has(capitals) || (capitals.length <= 5 && !/[AEIOUY]/.test(capitals));
  if (capitals !== '' && isSpelled && !SAID.has(capitals)) return letterWords(capitals) + (plural && "'s");
  // Emphasis by capitals is not a reason to spell.
  return /^[A-Z']{2,}$/.test(folded) ? (folded === 'OK' ? 'okay' : folded.toLowerCase()) : folded;
}

function alternatives(words: Readonly<Record<string, string>>): string {
  return Object.keys(words)
    .sort((a, b) => b.length - a.length)
    .map((word) => word.replace(/\./g, String.raw`\.`))
    .join('|');
}

export const wordRules: readonly SpokenRule[] = [
  {
    // A street behind a name, a saint before one.
    pattern: sticky(String.raw`St\.(?=\s|$|,)`),
    speak: (_, { before, after }) =>
      /^\s[A-Z]/.test(after) && !/(?:[A-Z][a-z]+|\d\w*)\s$/.test(before) ? 'Saint' : 'Street',
  },
  {
    pattern: sticky(String.raw`No\.(?=\s?\d)`, 'i'),
    speak: () => 'number',
  },
  {
    pattern: sticky(String.raw`(${alternatives(titles)})\.(?=\s)`),
    speak: ([, word = '']) => titles[word],
  },
  {
    pattern: sticky(String.raw`(${alternatives(connectives)})\.(?=[\s,)]|$)`, 'i'),
    speak: ([, word = '']) => connectives[word.toLowerCase()],
  },
  {
    pattern: sticky(String.raw`(${alternatives(shortened)})\.(?=[\s,)]|$)`, 'i'),
    speak: ([, word = '']) => shortened[word.toLowerCase()],
    mayEndSentence: true,
  },
  {
    pattern: sticky(String.raw`(?:[A-Z]\.){2,6}`),
    speak: ([text]) => letterWords(text.replace(/\./g, '')),
  },
  {
    pattern: sticky(String.raw`([A-Z]{1,4})&([A-Z]{1,3})${END}`),
    speak: ([, first = '', second = '']) => `${letterWords(first)} and ${letterWords(second)}`,
  },
  // Initials: "J. Smith".
  { pattern: sticky(String.raw`([A-Z])\.(?=\s[A-Z][a-z])`), speak: ([, letter]) => letter },
  { pattern: sticky(String.raw`w/o${END}`, 'i'), speak: () => 'without' },
  { pattern: sticky(String.raw`w/(?=\s)`, 'i'), speak: () => 'with' },
  { pattern: sticky(String.raw`e-?mail(s?)${END}`, 'i'), speak: ([, plural = '']) => `e-mail${plural}` },
  { pattern: sticky(String.raw`wi-?fi${END}`, 'i'), speak: () => 'wifi' },
  {
    pattern: sticky(String.raw`[\p{L}\p{M}]{1,40}(?:['’][\p{L}\p{M}]{1,10}){0,3}`),
    speak: ([word]) => wordOrAcronym(word),
  },
];
