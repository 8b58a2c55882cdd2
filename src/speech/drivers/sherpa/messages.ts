import type { OnlineResult } from 'sherpa-onnx-node';
import type { FoundModel } from './find-model.js';

/** To a model's process, first of all. */
export interface LoadRequest {
  readonly load: FoundModel;
}

/** From a model's process, before it is ready. */
export interface LoadedAnswer {
  readonly loaded: LoadedModel;
}

export interface LoadedModel {
  /** Hz; of what a synthesiser makes, of what the others take. */
  readonly sampleRate: number;
  /** Of a synthesiser. */
  readonly speakers?: number;
  /** Of speaker embeddings: the length of one. */
  readonly dimension?: number;
}

export type RecogniserRequest =
  | {
      readonly kind: 'audio';
      /** Counts the requests to this process. */
      readonly sequence: number;
      /** A number that has not been there begins an utterance. */
      readonly utterance: number;
      readonly pcm: Int16Array;
      /** Nothing more follows: the result is wanted. */
      readonly end: boolean;
    }
  | { readonly kind: 'cancel'; readonly utterance: number };

/** After each step of the recogniser, in which it takes one chunk of every utterance that has one. */
export interface RecogniserAnswer {
  /** The last request that it had when it began the step. */
  readonly sequence: number;
  readonly partials: readonly { readonly utterance: number; readonly text: string }[];
  readonly finals: readonly { readonly utterance: number; readonly result: OnlineResult }[];
}

export interface SynthesisJob {
  readonly text: string;
  readonly speaker: number;
  /** 1 is the voice's own tempo. */
  readonly rate: number;
}

export interface SynthesisResult {
  readonly pcm: Int16Array;
  readonly sampleRate: number;
}

/** Mono PCM16 at 16 kHz. */
export interface EmbeddingJob {
  readonly pcm: Int16Array;
}

/** From a process that does jobs, one for each. */
export type JobAnswer<Result> = { readonly result: Result } | { readonly error: string };
