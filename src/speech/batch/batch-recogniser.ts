/** Recognises a stretch of audio as a whole, as local models of the larger kind do. */
export interface BatchRecogniser {
  /** Loads what it needs. */
  start?(signal: AbortSignal): Promise<void>;
  /**
   * @param pcm mono PCM16 at the driver's rate, up to 8 s; the recogniser's to keep.
   * @param signal aborts when nobody wants the answer any more, or it has taken too long.
   */
  transcribe(pcm: Int16Array, signal: AbortSignal): Promise<BatchTranscript>;
  close?(): Promise<void>;
}

export interface BatchTranscript {
  /** As a person would write it, in words; empty when nothing was understood. */
  readonly text: string;
  /** 0 to 1. */
  readonly confidence: number;
}
