import type { SttResult, SttWord } from '../../stt-stream.js';

/** One phrase as the service has it, in its detailed format. Times are in ticks of 100 ns from the start of the turn. */
export interface AzurePhrase {
  readonly text: string;
  /** 0 to 1. */
  readonly confidence: number;
  readonly startMs: number;
  readonly endMs: number;
  readonly words: readonly SttWord[];
  /** BCP 47, where the service had to find out. */
  readonly language?: string;
}

const TICKS_PER_MS = 10_000;

interface DetailedPhrase {
  readonly RecognitionStatus?: unknown;
  readonly Offset?: number;
  readonly Duration?: number;
  readonly PrimaryLanguage?: { readonly Language?: string };
  readonly NBest?: readonly {
    readonly Confidence?: number;
    /** In words, as they were said. */
    readonly Lexical?: string;
    /** With numbers in digits; the masked one also without the swear words that are not wanted. */
    readonly ITN?: string;
    readonly MaskedITN?: string;
    readonly Words?: readonly { readonly Word?: string; readonly Offset?: number; readonly Duration?: number }[];
  }[];
}

/** Undefined when it is nothing that was said. @throws SyntaxError when it is no JSON. */
export function parsePhrase(json: string): AzurePhrase | undefined {
  const phrase = JSON.parse(json) as DetailedPhrase;
  const best = phrase.NBest?.[0];
  // Swear words are masked in one form only, which has numbers in digits: it is used where there are any.
  const isMasked = best?.MaskedITN !== undefined && best.ITN !== undefined && best.MaskedITN !== best.ITN;
  const text = (isMasked ? best.MaskedITN : best?.Lexical)?.trim().toLowerCase() ?? '';
  if (!best || text === '') return undefined;
  const startMs = (phrase.Offset ?? 0) / TICKS_PER_MS;
  const language = phrase.PrimaryLanguage?.Language;
  return {
    text,
    confidence: clamp(best.Confidence ?? 1),
    startMs,
    endMs: startMs + (phrase.Duration ?? 0) / TICKS_PER_MS,
    words: (isMasked ? [] : (best.Words ?? [])).map(({ Word = '', Offset = 0, Duration = 0 }) => ({
      text: Word.toLowerCase(),
      startMs: Offset / TICKS_PER_MS,
      endMs: (Offset + Duration) / TICKS_PER_MS,
    })),
    ...(language !== undefined && { language }),
  };
}

/** What was said in one utterance, of as many phrases as the service made of it. */
export function joinPhrases(phrases: readonly AzurePhrase[]): SttResult {
  if (phrases.length === 0) return { text: '', confidence: 0, rejected: false };
  const weights = phrases.map((phrase) => phrase.text.split(' ').length);
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  return {
    text: phrases.map((phrase) => phrase.text).join(' '),
    confidence: phrases.reduce((sum, phrase, index) => sum + (phrase.confidence * weights[index]!) / total, 0),
    rejected: false,
    startMs: phrases[0]!.startMs,
    endMs: phrases.at(-1)!.endMs,
    words: phrases.flatMap((phrase) => phrase.words),
  };
}

function clamp(share: number): number {
  return Math.min(1, Math.max(0, share));
}
