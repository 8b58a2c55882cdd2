import type { AudioSource, SourceQueues } from '../../audio/source-queues.js';
import type { ParleyError } from '../../kernel/errors.js';
import type { SpeechHints, SttWord } from '../stt-stream.js';
import type { GateMode } from './gate-mode.js';

/** Writes down legs of calls: somebody's voice that goes on for as long as the call, and is nobody's turn. */
export abstract class LegTranscribers {
  /**
   * Borrows a recogniser for a leg, until `close`. Rejects with `at_capacity` or `timeout` when all are in use, with
   * `build_failed` when there is none, with `stt_failed` when none can take the hints, or with the signal's reason.
   */
  abstract open(leg: Leg, listener: LegListener, signal: AbortSignal): Promise<LegTranscriber>;
}

/** One speaker's channel of a call, or one that all of them share. */
export interface Leg {
  readonly sessionId: string;
  /** What may be said, and in which language; recognisers that are not bound to a grammar take the language only. */
  readonly hints: SpeechHints;
  /** Which of `queues` its audio waits in. */
  readonly source: AudioSource;
  /**
   * Opened for `transcription` with this source, of which only this leg makes use, and closed by whoever opened it, after
   * the leg: `AudioQueues.open({ use: 'transcription', sources: ['mic', 'system'], sampleRate })`.
   */
  readonly queues: SourceQueues;
  /** Hz, of the queues and of what is written: any that `Resampler` takes. */
  readonly sampleRate: number;
}

/** A leg's live transcript. All times are ms on the leg's own time line, which begins with its session. */
export interface LegTranscriber {
  /**
   * Mono PCM16, any length; copied.
   * @param atMs of the first sample, by the audio's own count rather than by its arrival. What follows the audio before it
   *   by up to 10 ms more or less is taken to follow it directly. Up to 200 ms are filled with silence. A wider gap ends
   *   the utterance, and nothing is understood across it. Time never goes back: audio that claims to be earlier follows
   *   what came before.
   */
  write(pcm: Int16Array, atMs: number): void;
  /**
   * Ends what is under way; resolves when its segments have been told, after `withinMs` at the latest. Never rejects.
   * What has not been understood by then is told as a gap. Audio written afterwards is ignored.
   */
  finish(withinMs: number): Promise<void>;
  /** Idempotent; gives the recognisers back. Nothing is told afterwards, and `finish` resolves. */
  close(): void;
  readonly stats: LegStats;
}

export interface LegListener {
  /** What was understood, for good. Not in the order of time: a later utterance may be understood first. */
  onSegment(segment: LegSegment): void;
  /** The hypothesis for an utterance that began at `startMs`. */
  onPartial?(text: string, startMs: number): void;
  /** Somebody has begun or stopped speaking at `atMs`. Known some 30 ms after the beginning, VAD_GATE_FINALIZE_MS after the end. */
  onSpeech?(speaking: boolean, atMs: number): void;
  /** This stretch is missing from the transcript. */
  onGap(fromMs: number, toMs: number, reason: LegGapReason): void;
  /** No recogniser can be used: what follows is a gap, until `onRecovered`. */
  onProblem(error: ParleyError): void;
  onRecovered?(): void;
}

/**
 * `queue_full`: it waited too long, the oldest went; `overload`: it was not taken, because of the level of the process;
 * `stt_failed`: every recogniser has failed; `timeout`: not understood in time.
 */
export type LegGapReason = 'queue_full' | 'overload' | 'stt_failed' | 'timeout';

export interface LegSegment {
  readonly text: string;
  readonly startMs: number;
  readonly endMs: number;
  /** 0 to 1. */
  readonly confidence: number;
  /** Name of the recogniser that understood it. */
  readonly provider: string;
  /**
   * The recogniser's connection. A new one has a higher number than all before it; a leg may have several at once.
   * Labels of speakers mean something within an epoch only.
   */
  readonly epoch: number;
  /** As the recogniser tells voices apart, where it does: from 0. */
  readonly speaker?: number;
  /** In order, where the recogniser knows when each was said. */
  readonly words?: readonly SttWord[];
}

export interface LegStats {
  /** The mode now: `off` when the detector has failed. */
  readonly mode: GateMode;
  /** The detector has failed: since then everything is sent. */
  readonly failedOpen: boolean;
  /** Written; without the gaps. */
  readonly audioMs: number;
  /** Given to a recogniser. */
  readonly sentMs: number;
  /** Speech, as the gate hears it. */
  readonly speechMs: number;
  /** Missing from the transcript, as was told. */
  readonly gapMs: number;
  /** Audio that was shadowed: what `active` would have sent of it. Only in `shadow`. */
  readonly wouldSendMs: number;
  /** Begun. `utterances = understood + empty + rejected + failed + under way`. */
  readonly utterances: number;
  /** Each came as one segment, or as several when several voices were told apart in it. */
  readonly understood: number;
  /** Nothing was understood. */
  readonly empty: number;
  /** There was speech that the hints do not allow. */
  readonly rejected: number;
  readonly failed: number;
}
