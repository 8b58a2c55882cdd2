import type { InferencePriority } from './inference-gate.js';

/**
 * Speech to text. The pool keeps warm streams; a session leases one and feeds it one utterance at a time:
 * `start`, `write`…, then `finish` (a final will come) or `cancel` (nothing more will come).
 */
export abstract class SttDriver {
  abstract readonly name: string;
  /** Primary subtags of the languages it understands, such as `en`. */
  abstract readonly languages: readonly string[];
  /** The rate `SttStream.write` expects, in Hz. The session resamples to it. */
  abstract readonly sampleRate: number;
  /** Loads what all streams share (models, workers). Called once, by the start-up step. */
  abstract start(signal: AbortSignal): Promise<void>;
  /** Builds one stream; it can be used for many utterances, of many sessions one after the other. */
  abstract createStream(signal: AbortSignal): Promise<SttStream>;
  abstract close(): Promise<void>;
}

export interface SttStream {
  /**
   * What may be said next. Takes effect at the next `start`. Cheap when `hints.id` has not changed since the last call.
   * Rejects with `stt_failed` when the hints cannot be compiled.
   */
  prepare(hints: SpeechHints): Promise<void>;
  /** A new caller: forgets what was learned about the channel, and the hints. A running utterance is cancelled. */
  reset(): void;
  /**
   * Begins an utterance; a running one is cancelled first.
   * @param priority when recognition on this machine is short of workers: `mic`, unless it is said otherwise. Services
   *   elsewhere know none.
   */
  start(listener: SttListener, priority?: InferencePriority): void;
  /** Mono PCM16 at the driver's rate, any length. The buffer is copied. Ignored outside an utterance. */
  write(pcm: Int16Array): void;
  /** The caller has stopped speaking: exactly one `onFinal` or `onError` follows. */
  finish(): void;
  /** Drops the utterance: no more calls to its listener. */
  cancel(): void;
  close(): Promise<void>;
}

export interface SttListener {
  /** The hypothesis so far; `stable` when its words are not expected to change any more. */
  onPartial(text: string, stable: boolean): void;
  onFinal(result: SttResult): void;
  /** A ParleyError with code `stt_failed`; the stream stays usable for the next utterance unless `closed`. */
  onError(error: Error): void;
}

export interface SttResult {
  /** As a person would write it, in words ("one two three"), lower case; empty when nothing was understood. */
  readonly text: string;
  /** 0 to 1. */
  readonly confidence: number;
  /** True when there was speech, but not what the hints allow: the agent should ask again, not act. */
  readonly rejected: boolean;
  /** Milliseconds from the start of the utterance, where the recogniser knows. */
  readonly startMs?: number;
  readonly endMs?: number;
  /** In order, where the recogniser knows when each was said. */
  readonly words?: readonly SttWord[];
  /** Name of the recogniser that understood it, where several take turns. */
  readonly provider?: string;
  /** Increases whenever the stream has another recogniser, or that one another connection, than before. */
  readonly epoch?: number;
}

export interface SttWord {
  readonly text: string;
  /** Milliseconds from the start of the utterance. */
  readonly startMs: number;
  readonly endMs: number;
  /** Who said it, from 0, where the recogniser tells voices apart; good for one `epoch`. */
  readonly speaker?: number;
}

/** What the recogniser may expect. Grammar-based drivers recognise only this; others use it to bias. */
export interface SpeechHints {
  /** Same id, same hints but for `bias`: drivers cache by it. */
  readonly id: string;
  /** BCP 47, such as `en-US`. */
  readonly language: string;
  /**
   * Whole sentences a caller may say, lower case, without punctuation, with `{slot}` where a slot of that name stands,
   * and `[optional words]`: "[please] block my {card_type} card".
   */
  readonly phrases: readonly string[];
  readonly slots: Readonly<Record<string, SpeechSlot>>;
  /** Names of slots that may be said alone, as the answer to the agent's last question. */
  readonly answers: readonly string[];
  /** Words and names to expect anywhere, the most important first; the same array as long as they are the same. Grammars ignore them. */
  readonly bias?: readonly string[];
}

export type SpeechSlot =
  | { readonly kind: 'digits'; readonly minLength: number; readonly maxLength: number }
  | { readonly kind: 'number' }
  | { readonly kind: 'amount' }
  | { readonly kind: 'date' }
  | { readonly kind: 'yesno' }
  | {
      readonly kind: 'choice';
      readonly values: readonly { readonly value: string; readonly synonyms: readonly string[] }[];
    };
