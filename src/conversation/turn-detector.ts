export interface TurnDetectorOptions {
  /** Probability from which a window is speech. */
  readonly threshold: number;
  readonly startMs: number;
  readonly endSilenceMs: number;
  readonly maxUtteranceMs: number;
}

export type TurnSignal =
  /** Speech began at `sinceMs`; it is known now, `speechMs` later. */
  | { readonly type: 'started'; readonly speechMs: number; readonly sinceMs: number }
  /** Speech goes on: `speechMs` without a break so far. */
  | { readonly type: 'speaking'; readonly speechMs: number; readonly sinceMs: number }
  /** Speech ended at `atMs`; it is known now. */
  | { readonly type: 'stopped'; readonly atMs: number; readonly reason: 'silence' | 'too_long' };

const HYSTERESIS = 0.15;
/** A dip shorter than this inside a word does not break the count of continuous speech. */
const BRIDGED_GAP_MS = 100;

/** Turns speech probabilities into the start and end of utterances. Times are ms of the caller's audio. */
export class TurnDetector {
  private inSpeech = false;
  private loud = false;
  /** Start of the run of speech windows. */
  private runStartMs = 0;
  private lastSpeechMs = -Infinity;
  private previousEndMs = 0;
  private utteranceStartMs = 0;

  constructor(private readonly options: TurnDetectorOptions) {}

  get speaking(): boolean {
    return this.inSpeech;
  }

  /** @param endMs end of the window; windows come in order. */
  push(probability: number, endMs: number): TurnSignal | undefined {
    const { threshold, startMs, endSilenceMs, maxUtteranceMs } = this.options;
    const windowStartMs = this.previousEndMs;
    this.previousEndMs = endMs;
    this.loud = probability >= (this.loud ? threshold - HYSTERESIS : threshold);
    if (this.loud) {
      if (windowStartMs - this.lastSpeechMs > BRIDGED_GAP_MS) this.runStartMs = windowStartMs;
      this.lastSpeechMs = endMs;
    }
    const runMs = endMs - this.runStartMs;
    if (!this.inSpeech) {
      if (!this.loud || runMs < startMs) return undefined;
      this.inSpeech = true;
      this.utteranceStartMs = this.runStartMs;
      return { type: 'started', speechMs: runMs, sinceMs: this.runStartMs };
    }
    if (endMs - this.lastSpeechMs >= endSilenceMs) return this.stop(this.lastSpeechMs, 'silence');
    if (endMs - this.utteranceStartMs >= maxUtteranceMs) return this.stop(endMs, 'too_long');
    return this.loud ? { type: 'speaking', speechMs: runMs, sinceMs: this.runStartMs } : undefined;
  }

  /** Somebody else decided that the utterance is over: what goes on is another one. Returns where speech ended, ms. */
  end(): number {
    this.stop(this.lastSpeechMs, 'silence');
    return this.lastSpeechMs;
  }

  private stop(atMs: number, reason: 'silence' | 'too_long'): TurnSignal {
    this.inSpeech = false;
    this.loud = false;
    this.runStartMs = this.previousEndMs;
    return { type: 'stopped', atMs, reason };
  }
}
