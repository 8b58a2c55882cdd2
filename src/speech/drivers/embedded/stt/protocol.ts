import type { SpeechHints, SttResult } from '../../../stt-stream.js';
import type { DecoderTuning } from './telephone-decoder.js';

/** What the main thread asks a recogniser worker. One request at a time, each answered once. */
export type WorkerRequest =
  | { readonly kind: 'prepare'; readonly hints: SpeechHints }
  | {
      readonly kind: 'decode';
      readonly utterance: number;
      /** Present in the first request of an utterance. */
      readonly begin?: { readonly hints: SpeechHints; readonly mean: Float32Array | undefined };
      readonly pcm: Int16Array<ArrayBuffer>;
      /** Whether this is all: the answer then holds the result. */
      readonly end: boolean;
    }
  | { readonly kind: 'cancel'; readonly utterance: number };

export interface WorkerAnswer {
  /** The hypothesis so far; absent when the request was not `decode`. */
  readonly text?: string;
  readonly result?: SttResult;
  /** The channel's cepstral mean, with the result. */
  readonly mean?: Float32Array;
  /** Milliseconds the worker computed for this. */
  readonly busyMs: number;
}

/** Worker to main thread: once `ready`, then one of the others for each request. */
export type WorkerMessage =
  /** `incident`: what does not work although the rest does. */
  | { readonly kind: 'ready'; readonly incident?: string }
  | { readonly kind: 'answer'; readonly answer: WorkerAnswer }
  | { readonly kind: 'failure'; readonly message: string };

export interface RecogniserOptions {
  /** Decoders built at the start; each can follow one utterance. */
  readonly warmDecoders: number;
  /** Utterances one worker can follow at the same time; each decoder takes 30 MB and is never freed. */
  readonly maxDecoders: number;
  readonly tuning: DecoderTuning;
  /** Noise added for the recogniser's sake, to the loudest sample of the utterance so far. */
  readonly ditherRatio: number;
  /** Results below are rejected; 0 to 1. */
  readonly minConfidence: number;
  /** The engine's release whose structures in memory are known. With another one results cannot be judged. */
  readonly knownEngine: string;
}
