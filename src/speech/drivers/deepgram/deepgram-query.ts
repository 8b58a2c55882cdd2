import type { DeepgramConfig } from '../../../config/deepgram.config.js';
import type { SpeechHints } from '../../stt-stream.js';

/** Primary subtags of the languages of `nova-3`, in Deepgram's table of models and languages. */
export const deepgramLanguages: readonly string[] =
  'be bg bn bs ca cs da de el en es et fi fr hi hr hu id it ja kn ko lt lv mk mr ms nl no pl pt ro ru sk sl sr sv ta te th tl tr uk ur vi zh'.split(
    ' ',
  );

/** Locales it tells apart; of all others it knows the language only, and refuses the locale. */
const locales = new Set(
  'en-US en-AU en-GB en-IN en-NZ es-419 fr-CA pt-BR pt-PT de-CH nl-BE zh-CN zh-TW zh-HK ko-KR sv-SE da-DK th-TH'.split(
    ' ',
  ),
);

/** The service takes 500 tokens of key terms, and refuses the connection if there are more. */
const MAX_TOKENS = 500;
/** A word that is rare is cut into tokens of three letters or so. */
const LETTERS_PER_TOKEN = 3;
const MAX_TERMS = 100;
const KEYWORD_BOOST = 2;

/** What a connection is opened with: other terms or another language need another connection. */
export function queryOf(
  config: DeepgramConfig,
  sampleRate: number,
  language: string,
  terms: readonly string[],
): URLSearchParams {
  const query = new URLSearchParams({
    model: config.model,
    language: locales.has(language) ? language : language.split('-')[0]!,
    encoding: 'linear16',
    sample_rate: String(sampleRate),
    channels: '1',
    interim_results: 'true',
    endpointing: String(config.endpointingMs),
    utterance_end_ms: String(config.utteranceEndMs),
    ...(config.diarize && { diarize: 'true' }),
  });
  const takesKeyTerms = config.model.startsWith('nova-3');
  for (const term of terms)
    query.append(takesKeyTerms ? 'keyterm' : 'keywords', takesKeyTerms ? term : `${term}:${KEYWORD_BOOST}`);
  return query;
}

/**
 * What is to be expected anywhere, and the values of choices. Whole phrases are common words, which the model knows; and they change with each question of
 * the agent, which would cost a connection each time.
 */
export function keyTerms(hints: SpeechHints | undefined): string[] {
  const values = Object.values(hints?.slots ?? {}).flatMap((slot) =>
    slot.kind === 'choice' ? slot.values.flatMap(({ value, synonyms }) => [value, ...synonyms]) : [],
  );
  const terms = [...(hints?.bias ?? []), ...values].map((term) => term.trim()).filter((term) => term !== '');
  let tokens = 0;
  return [...new Set(terms)]
    .slice(0, MAX_TERMS)
    .filter((term) => (tokens += Math.ceil(Buffer.byteLength(term) / LETTERS_PER_TOKEN)) <= MAX_TOKENS);
}
