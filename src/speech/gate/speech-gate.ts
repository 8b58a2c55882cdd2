/** SILENCE →(speech) SPEECH →(silence) HANGOVER →(speech) SPEECH, or →(it lasts) SILENCE. */
export type GateState = 'silence' | 'speech' | 'hangover';

export interface SpeechGateOptions {
  /** Probability from which a window is speech. */
  readonly threshold: number;
  readonly hangoverMs: number;
  readonly finalizeMs: number;
}

export interface GateVerdict {
  readonly isSpeech: boolean;
  /** Somebody begins to speak with this window. */
  readonly starts: boolean;
  /** With this window it has been silent for `finalizeMs`: once for each silence. */
  readonly stops: boolean;
  /** With this window the hangover is over. */
  readonly rests: boolean;
}

/** A speaker's quiet consonants are heard less clearly than the beginning of what they say. */
const HYSTERESIS = 0.15;

/** Turns probabilities, window for window, into somebody who speaks or does not. */
export class SpeechGate {
  private current: GateState = 'silence';
  private quietMs = 0;
  private isSpeaking = false;

  constructor(private readonly options: SpeechGateOptions) {}

  get state(): GateState {
    return this.current;
  }

  /** From the first window of speech until `stops`. */
  get speaking(): boolean {
    return this.isSpeaking;
  }

  /** @param durationMs of the window. */
  push(probability: number, durationMs: number): GateVerdict {
    const { threshold } = this.options;
    const isSpeech = probability >= (this.isSpeaking ? threshold - HYSTERESIS : threshold);
    return isSpeech ? this.onSpeech() : this.onSilence(durationMs);
  }

  /** The line was interrupted: whoever spoke before may have stopped since. Returns whether somebody did. */
  interrupt(): boolean {
    const wasSpeaking = this.isSpeaking;
    this.current = 'silence';
    this.isSpeaking = false;
    return wasSpeaking;
  }

  private onSpeech(): GateVerdict {
    const starts = !this.isSpeaking;
    this.current = 'speech';
    this.isSpeaking = true;
    this.quietMs = 0;
    return { isSpeech: true, starts, stops: false, rests: false };
  }

  private onSilence(durationMs: number): GateVerdict {
    const { hangoverMs, finalizeMs } = this.options;
    if (this.current === 'silence') return { isSpeech: false, starts: false, stops: false, rests: false };
    this.current = 'hangover';
    this.quietMs += durationMs;
    const stops = this.isSpeaking && this.quietMs >= finalizeMs;
    if (stops) this.isSpeaking = false;
    // A hangover that is shorter than that ends with the utterance.
    const rests = !this.isSpeaking && this.quietMs >= hangoverMs;
    if (rests) this.current = 'silence';
    return { isSpeech: false, starts: false, stops, rests };
  }
}
