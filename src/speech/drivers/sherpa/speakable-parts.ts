import { spokenForm } from '../../spoken-form.js';
import { clauseText, planClauses } from '../embedded/tts/clauses.js';

/** The first part should be heard soon… */
const FIRST_MIN = 12;
/** …later ones sound better when they are long. */
const LATER_MIN = 60;
/** Bounds what one run costs, and with it how long an abandoned run keeps a process busy. */
const MAX = 200;

/** What is synthesised at once, in order. Of English, numbers and the like are put into words; other models read them themselves. */
export function speakableParts(text: string, language: string): string[] {
  const parts = /^en\b/i.test(language) ? planClauses(spokenForm(text)).map(clauseText) : cutAtMarks(text);
  // There are models that fail on what they cannot say.
  return parts.filter((part) => /[\p{L}\p{N}]/u.test(part));
}

function cutAtMarks(text: string): string[] {
  const parts: string[] = [];
  let current = '';
  // A mark within a number or an address has no blank behind it; those of Chinese and Japanese need none.
  const pieces = text.split(/(?<=[.!?…;:,]["'”»)]*)\s+|(?<=[。！？；：，、])|\n+/u);
  for (const piece of pieces.flatMap(cutAtLength)) {
    current = current && piece ? `${current} ${piece}` : current || piece;
    const isSentence = /[.!?…。！？]["'”»)]*$/u.test(piece);
    if (isSentence || current.length >= (parts.length === 0 ? FIRST_MIN : LATER_MIN)) {
      parts.push(current);
      current = '';
    }
  }
  return current ? [...parts, current] : parts;
}

function cutAtLength(piece: string): string[] {
  const parts: string[] = [];
  let rest = piece.trim();
  while (rest.length > MAX) {
    const blank = rest.lastIndexOf(' ', MAX);
    const at = blank > 0 ? blank : MAX;
    parts.push(rest.slice(0, at));
    rest = rest.slice(at).trimStart();
  }
  return [...parts, rest];
}
