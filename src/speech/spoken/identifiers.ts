import { cardinalWords, digitWords } from './numbers.js';
import { END, sticky, type SpokenRule } from './rule.js';

const TOP_LEVEL = 'com|org|net|edu|gov|io|co|ai|app|dev|info|biz|bank|uk|us|eu|de|fr|ca|au|example|test|invalid';

/** "four two four two, one two…": a short pause between the groups. */
function groupWords(text: string): string {
  const groups = text.match(/\d+/g) ?? [];
  return groups.map((group) => (/^[1-9]00$/.test(group) ? cardinalWords(group) : digitWords(group))).join(', ');
}

/** Words stay words; digits, dots and dashes are named. */
function addressWords(text: string): string {
  const tokens = text.match(/[a-z]+|\d+|[^a-z\d]/gi) ?? [];
  const names: Readonly<Record<string, string>> = {
    '.': 'dot',
    '-': 'dash',
    _: 'underscore',
    '/': 'slash',
    '+': 'plus',
    '@': 'at',
  };
  return tokens
    .map(
      (token) =>
        names[token] ?? (/\d/.test(token) ? digitWords(token) : /^[a-z]+$/i.test(token) ? wordOrLetters(token) : ''),
    )
    .filter(Boolean)
    .join(' ');
}

/** Without a vowel nobody can say it as a word. */
function wordOrLetters(token: string): string {
  return token.length === 1 || (token.length <= 5 && !/[aeiouy]/i.test(token))
    ? letterWords(token)
    : token.toLowerCase();
}

export function letterWords(letters: string): string {
  return Array.from(letters.toUpperCase()).join(' ');
}

export const identifierRules: readonly SpokenRule[] = [
  {
    pattern: sticky(
      String.raw`(?:https?://|www\.)([a-z\d](?:[\w.-]{0,200}[a-z\d])?)(?::\d{1,5})?((?:/[\w.~%+-]{0,100}){0,10})(?:[?#]\S{0,300}?)?(?=[.,;:!?)\]]*(?:\s|$))`,
      'i',
    ),
    speak: ([, host = '', path = '']) => addressWords(host.replace(/^www\./i, '') + path.replace(/\/$/, '')),
  },
  {
    pattern: sticky(String.raw`[a-z\d][\w.+-]{0,63}@[a-z\d-]{1,63}(?:\.[a-z\d-]{1,63}){1,5}`, 'i'),
    speak: ([text]) => addressWords(text),
  },
  {
    pattern: sticky(
      String.raw`[a-z\d-]{2,63}(?:\.[a-z\d-]{2,63}){0,3}\.(?:${TOP_LEVEL})${END}(?:/[\w~%+-]{1,100}){0,5}`,
      'i',
    ),
    speak: ([text]) => (/[a-z]\w*\.[a-z]/i.test(text) ? addressWords(text) : undefined),
  },
  {
    // A masked card: only what is visible is worth saying. (Up to three stars are markup.)
    pattern: sticky(String.raw`(?:\*{4}|[xX•·]{2})[*xX•· -]{0,18}(\d{3,6})${END}`),
    speak: ([, digits = ''], { before }) =>
      /\b(?:ending|ends)(?: in| with)?\s$/i.test(before) ? digitWords(digits) : `ending in ${digitWords(digits)}`,
  },
  { pattern: sticky(String.raw`\d{4}(?:[ -]\d{4}){2,4}(?:[ -]\d{1,3})?${END}`), speak: ([text]) => groupWords(text) },
  {
    pattern: sticky(String.raw`(\+?\d{1,3}[ .-]?)?\(\d{2,4}\)[ .-]?\d{3,4}[ .-]?\d{3,4}${END}`),
    speak: ([text]) => phoneWords(text),
  },
  {
    pattern: sticky(String.raw`(?:\+?\d{1,2}[ .-])?\d{3}[ .-]\d{3}[ .-]\d{4}${END}`),
    speak: ([text]) => phoneWords(text),
  },
  { pattern: sticky(String.raw`\d{3}-\d{4}${END}`), speak: ([text]) => groupWords(text) },
  { pattern: sticky(String.raw`\+\d{1,4}(?:[ -]?\d{2,5}){2,5}${END}`), speak: ([text]) => phoneWords(text) },
  { pattern: sticky(String.raw`0\d{2,4}(?:[ -]\d{3,4}){2}${END}`), speak: ([text]) => groupWords(text) },
  // Social security numbers, sort codes.
  { pattern: sticky(String.raw`\d{2,3}-\d{2}-\d{2,4}${END}`), speak: ([text]) => groupWords(text) },
  {
    // References such as AB12-3456, Q3, 5G.
    pattern: sticky(String.raw`(?=[A-Z-]{0,12}\d)(?=\d{0,12}-?[A-Z])[A-Z\d]{1,12}(?:-[A-Z\d]{1,12}){0,4}${END}`),
    speak: ([text]) => referenceWords(text),
  },
];

function phoneWords(text: string): string {
  return (text.startsWith('+') ? 'plus ' : '') + groupWords(text);
}

function referenceWords(text: string): string {
  const parts = text.match(/[A-Z]+|\d+/g) ?? [];
  // "Q3" and "COVID-19" are names with a number; in what is spelled, every digit counts.
  const isSpelled = text.length > 4 && parts.every((part) => /\d/.test(part) || isLetters(part));
  return parts
    .map((part) => {
      if (/\d/.test(part)) return isSpelled ? digitWords(part) : cardinalWords(part);
      return isLetters(part) ? letterWords(part) : part.toLowerCase();
    })
    .join(' ');
}

function isLetters(part: string): boolean {
  return part.length <= 4 || !/[AEIOU]/.test(part);
}
