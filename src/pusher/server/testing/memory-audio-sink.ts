import { AudioSink, type AudioUpload, type UploadOptions } from '../audio-sink.js';

export interface WrittenAudio {
  readonly sessionId: string;
  readonly conversationId: string;
  readonly startMs: number;
  readonly endMs: number;
  readonly pcm: Int16Array;
}

/** Keeps audio in memory, and acknowledges it when it is flushed, or the test says so. */
export class MemoryAudioSink extends AudioSink {
  wanted = true;
  /** In the order in which it came. */
  readonly written: WrittenAudio[] = [];
  /** What was acknowledged, by conversation: Unix milliseconds. */
  readonly keptUntil = new Map<string, number>();
  /** `flush` never resolves. */
  hangs = false;
  openUploads = 0;
  private readonly keepers = new Set<() => void>();

  /** @param onChange hears of each change. */
  constructor(private readonly onChange: () => void = () => undefined) {
    super();
  }

  /** All that was written is archived. */
  keepAll(): void {
    for (const keep of this.keepers) keep();
  }

  open({ sessionId, sampleRate, channels }: UploadOptions): AudioUpload {
    this.openUploads++;
    let tell: (conversationId: string, untilMs: number) => void = () => undefined;
    const waiting = new Map<string, number>();
    const keep = (): void => {
      for (const [conversationId, untilMs] of waiting) {
        this.keptUntil.set(conversationId, Math.max(untilMs, this.keptUntil.get(conversationId) ?? 0));
        tell(conversationId, untilMs);
      }
      waiting.clear();
      this.onChange();
    };
    this.keepers.add(keep);
    return {
      write: (conversationId, startMs, pcm) => {
        const endMs = startMs + (pcm.length / channels / sampleRate) * 1000;
        this.written.push({ sessionId, conversationId, startMs, endMs, pcm });
        waiting.set(conversationId, endMs);
        this.onChange();
      },
      onKept: (callback) => (tell = callback),
      flush: () => {
        if (this.hangs) return new Promise(() => undefined);
        keep();
        return Promise.resolve();
      },
      close: () => {
        if (!this.keepers.delete(keep)) return;
        this.openUploads--;
        this.onChange();
      },
    };
  }
}
