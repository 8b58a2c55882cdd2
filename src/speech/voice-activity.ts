/** Tells speech from everything else. One driver for the process, one stream for each session. */
export abstract class VoiceActivityDetector {
  abstract readonly name: string;
  abstract start(signal: AbortSignal): Promise<void>;
  /** `listener` is called in order, once for each window, possibly some milliseconds after the `write` that filled it. */
  abstract open(sampleRate: VadRate, listener: VadListener): VadStream;
  abstract close(): Promise<void>;
}

export type VadRate = 8000 | 16000;

/** @param probability of speech in the window, 0 to 1. @param endMs end of the window, ms of audio since `open`. */
export type VadListener = (probability: number, endMs: number) => void;

export interface VadStream {
  /** Mono PCM16 at the rate given to `open`, any length. */
  write(pcm: Int16Array): void;
  close(): void;
}
