import type { SpeechHints } from '../../stt-stream.js';

/** The service takes 500 phrases at most. */
const MAX_PHRASES = 500;
/** At the start of audio it tells apart four languages at most. */
export const MAX_LANGUAGES = 4;

/** Words to listen for: whole phrases where they are fixed, the parts around slots, and the values of choices. */
export function phraseList(hints: SpeechHints | undefined): string[] {
  if (!hints) return [];
  const fixed = hints.phrases.flatMap((phrase) => phrase.replace(/[[\]]/g, '').split(/\{[^}]*\}/));
  const values = Object.values(hints.slots).flatMap((slot) =>
    slot.kind === 'choice' ? slot.values.flatMap(({ value, synonyms }) => [value, ...synonyms]) : [],
  );
  // Fixed phrases last: names are what a general model does not know.
  const phrases = [...(hints.bias ?? []), ...values, ...fixed]
    .map((phrase) => phrase.replace(/\s+/g, ' ').trim())
    .filter((text) => text !== '');
  return [...new Set(phrases)].slice(0, MAX_PHRASES);
}

/** What an utterance may be in: the session's own language first. */
export function languageCandidates(language: string, others: readonly string[]): string[] {
  if (others.length === 0) return [language];
  const primary = (tag: string): string => tag.split('-')[0]!.toLowerCase();
  // One locale of each language: the service refuses two, such as en-US and en-GB.
  const rest = others.filter(
    (other, index) =>
      primary(other) !== primary(language) && others.findIndex((tag) => primary(tag) === primary(other)) === index,
  );
  return [language, ...rest].slice(0, MAX_LANGUAGES);
}
