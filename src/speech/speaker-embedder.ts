/** Tells voices apart: the more two embeddings point in the same direction, the likelier it is one voice. */
export abstract class SpeakerEmbedder {
  /** The length of an embedding; 0 as long as it is not known. */
  abstract readonly dimension: number;
  /** Embeddings of different models have nothing to do with each other; empty as long as it is not known. */
  abstract readonly model: string;
  /** Why it is not asked for now, for people; undefined while it is. */
  abstract readonly problem: string | undefined;
  abstract start(signal: AbortSignal): Promise<void>;
  /**
   * @param pcm mono PCM16 at 16 kHz; a second or more of one voice, without silence
   * @returns not normalised. Rejects with the signal's reason, or with a ParleyError `unsupported` when there is too
   * little audio or the model failed; it is `retryable` unless the same audio will never do.
   */
  abstract embed(pcm: Int16Array, signal: AbortSignal): Promise<Float32Array>;
  abstract close(): Promise<void>;
}
