/** Longer chunks cost less for each second of audio, and answer later. */
const steps = [
  { below: 0.5, chunkMs: 2000 },
  { below: 0.8, chunkMs: 4000 },
  { below: Infinity, chunkMs: 8000 },
] as const;

const RECENT_CHUNKS = 5;

interface Chunk {
  readonly processingMs: number;
  readonly audioMs: number;
}

/** How much audio a batch recogniser gets at once: 2, 4 or 8 s, by how it has kept up of late. */
export class ChunkSizer {
  private readonly recent: Chunk[] = [];

  /** Processing time for each second of audio, over the last five chunks; 0 before the first one. */
  get realTimeFactor(): number {
    const audioMs = this.recent.reduce((sum, chunk) => sum + chunk.audioMs, 0);
    return audioMs === 0 ? 0 : this.recent.reduce((sum, chunk) => sum + chunk.processingMs, 0) / audioMs;
  }

  get chunkMs(): number {
    const factor = this.realTimeFactor;
    return steps.find(({ below }) => factor < below)!.chunkMs;
  }

  /** A chunk is done: how long it took, without the time it waited, and how long it is. */
  measured(processingMs: number, audioMs: number): void {
    if (audioMs <= 0) return;
    this.recent.push({ processingMs, audioMs });
    if (this.recent.length > RECENT_CHUNKS) this.recent.shift();
  }
}
