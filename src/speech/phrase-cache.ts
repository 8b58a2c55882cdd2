import type { TtsChunk, TtsRequest } from './tts-voice.js';

/** Speech that was made before, the most recently used kept within a number of bytes. */
export class PhraseCache {
  private readonly entries = new Map<string, readonly TtsChunk[]>();
  private bytes = 0;

  constructor(private readonly maxBytes: number) {}

  get(request: TtsRequest): readonly TtsChunk[] | undefined {
    const key = keyOf(request);
    const chunks = this.entries.get(key);
    if (!chunks) return undefined;
    this.entries.delete(key);
    this.entries.set(key, chunks);
    // Copies: who gets them may change them, or hand them to another thread.
    return chunks.map((chunk) => ({ ...chunk, pcm: chunk.pcm.slice(), isKept: true }));
  }

  add(request: TtsRequest, chunks: readonly TtsChunk[]): void {
    const key = keyOf(request);
    const size = sizeOf(chunks);
    if (size > this.maxBytes) return;
    this.remove(key);
    this.entries.set(
      key,
      chunks.map((chunk) => ({ ...chunk, pcm: chunk.pcm.slice() })),
    );
    this.bytes += size;
    for (const oldest of this.entries.keys()) {
      if (this.bytes <= this.maxBytes) return;
      this.remove(oldest);
    }
  }

  private remove(key: string): void {
    const chunks = this.entries.get(key);
    if (!chunks) return;
    this.bytes -= sizeOf(chunks);
    this.entries.delete(key);
  }
}

function keyOf({ voice, rate, pitch, text }: TtsRequest): string {
  return `${voice} ${rate} ${pitch} ${text}`;
}

function sizeOf(chunks: readonly TtsChunk[]): number {
  return chunks.reduce((sum, chunk) => sum + chunk.pcm.byteLength, 0);
}
