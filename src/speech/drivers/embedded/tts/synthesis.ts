import { toPaddedSpeech } from './silence.js';
import type { Flite, FliteRequest } from './flite.js';
import { alignWords } from './word-alignment.js';

/** One clause for a worker. */
export interface SynthesisJob extends FliteRequest {
  readonly words: readonly string[];
  /** Silence after the clause. */
  readonly pauseMs: number;
}

export interface Synthesis {
  readonly pcm: Int16Array;
  readonly sampleRate: number;
  /** One for each of the job's words. */
  readonly wordEndsMs: readonly number[];
}

export function synthesise(flite: Flite, job: SynthesisJob): Synthesis {
  const { pcm, sampleRate, phones } = flite.speak(job);
  const { pcm: trimmed, trimmedMs, soundMs } = toPaddedSpeech(pcm, sampleRate, job.pauseMs);
  const wordEndsMs = alignWords(job.words, phones).map((endMs) => Math.min(Math.max(0, endMs - trimmedMs), soundMs));
  return { pcm: trimmed, sampleRate, wordEndsMs };
}
