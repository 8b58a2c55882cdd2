import type { OnlineResult } from 'sherpa-onnx-node';
import type { SttResult, SttWord } from '../../stt-stream.js';

/** The recogniser says when a token begins; the last one of a word is taken to last so long, unless another word begins. */
const LAST_TOKEN_MS = 240;
/** Languages that are written without blanks: each character stands for itself. */
const UNSPACED = /^[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Thai}]/u;

/** @param durationMs of the utterance */
export function toResult(result: OnlineResult, durationMs: number): SttResult {
  const text = plain(result.text);
  if (text === '') return { text: '', confidence: 0, rejected: false };
  const words = wordsOf(result, text, durationMs);
  const [first, last] = [words[0], words.at(-1)];
  return {
    text,
    confidence: confidenceOf(result.ys_probs ?? []),
    rejected: false,
    ...(first && last && { startMs: first.startMs, endMs: last.endMs, words }),
  };
}

export function plain(text: string): string {
  return text.replace(/\s+/g, ' ').trim().toLowerCase();
}

/** The geometric mean; models that do not say how sure they are are believed. */
function confidenceOf(logProbabilities: readonly number[]): number {
  if (logProbabilities.length === 0) return 1;
  const sum = logProbabilities.reduce((total, probability) => total + Math.min(0, probability), 0);
  return Math.exp(sum / logProbabilities.length);
}

/** Empty where the tokens do not make up the text, as with those that are bytes. */
function wordsOf({ tokens = [], timestamps = [] }: OnlineResult, text: string, durationMs: number): SttWord[] {
  if (tokens.length !== timestamps.length) return [];
  const words: { text: string; startMs: number; lastMs: number }[] = [];
  for (const [i, token] of tokens.entries()) {
    const atMs = Math.min(durationMs, Math.round(timestamps[i]! * 1000));
    const letters = token.replace(/^[\s▁]+/, '');
    const word = words.at(-1);
    const begins = !word || letters !== token || UNSPACED.test(letters);
    if (begins && letters !== '') words.push({ text: letters.toLowerCase(), startMs: atMs, lastMs: atMs });
    else if (begins) words.push({ text: '', startMs: atMs, lastMs: atMs });
    else {
      word.text += letters.toLowerCase();
      word.lastMs = atMs;
    }
  }
  const spoken = words.filter((word) => word.text !== '');
  if (spoken.map((word) => word.text).join('') !== text.replaceAll(' ', '')) return [];
  return spoken.map(({ text: word, startMs, lastMs }, i) => ({
    text: word,
    startMs,
    endMs: Math.max(startMs, Math.min(lastMs + LAST_TOKEN_MS, spoken[i + 1]?.startMs ?? durationMs)),
  }));
}
