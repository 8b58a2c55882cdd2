import { Aborted } from '../../kernel/abort.js';
import type { Clock, Timer } from '../../kernel/clock.js';
import { ParleyError } from '../../kernel/errors.js';
import type { AudioUpload, UploadOptions } from '../server/audio-sink.js';
import { AudioBatch } from './audio-batch.js';
import type { AudioMemory } from './audio-memory.js';
import type { BatchKeeper, Kept } from './batch-keeper.js';

const FIRST_RETRY_MS = 1000;
const LONGEST_RETRY_MS = 30_000;
/** Links keep what is not archived, 10 MB of it: they have to hear in time that it is. */
const MOST_BYTES = 4 * 1024 * 1024;
/** Where memory is short, files may be. */
const LEAST_MS = 5000;

export interface UploadTools {
  readonly keeper: Pick<BatchKeeper, 'keep'>;
  readonly memory: AudioMemory;
  readonly clock: Clock;
  readonly batchMs: number;
  readonly onKept: (batch: AudioBatch, outcome: Kept) => void;
  readonly onFailed: (error: unknown) => void;
}

interface Waiting {
  readonly batch: AudioBatch;
  readonly settled: PromiseWithResolvers<void>;
}

/** The audio of one link, in batches, which are kept one after the other. */
export class ArchiveUpload implements AudioUpload {
  private batch: AudioBatch | undefined;
  private age: Timer | undefined;
  private queue: Waiting[] = [];
  private working = false;
  private readonly closing = new AbortController();
  private tell: (conversationId: string, untilMs: number) => void = () => undefined;

  constructor(
    private readonly options: UploadOptions,
    private readonly tools: UploadTools,
  ) {}

  /** Throws `overloaded` when there is no memory for it: then it is not taken, nor what comes behind it. */
  write(conversationId: string, startMs: number, pcm: Int16Array): void {
    if (this.closing.signal.aborted || pcm.length === 0) return;
    const { memory, batchMs } = this.tools;
    if (!memory.take(pcm.byteLength)) {
      this.cut();
      throw new ParleyError('overloaded', 'LISTEN_AUDIO_MEMORY_BYTES are used up', true);
    }
    if (this.batch && !this.batch.goesOn(conversationId, startMs)) this.cut();
    const batch = (this.batch ??= this.begin(conversationId, startMs));
    batch.add(startMs, pcm);
    const isLong = batch.durationMs >= batchMs || batch.bytes >= MOST_BYTES;
    if (isLong || (memory.isTight && batch.durationMs >= LEAST_MS)) this.cut();
  }

  onKept(callback: (conversationId: string, untilMs: number) => void): void {
    this.tell = callback;
  }

  async flush(): Promise<void> {
    this.cut();
    await this.queue.at(-1)?.settled.promise;
  }

  close(): void {
    if (this.closing.signal.aborted) return;
    this.age?.cancel();
    this.closing.abort(new Aborted('completed', 'the link is closed'));
    // The one in work is let go by whoever works on it.
    const dropped = [...this.queue.slice(1).map(({ batch }) => batch), ...(this.batch ? [this.batch] : [])];
    for (const { bytes } of dropped) this.tools.memory.give(bytes);
    for (const { settled } of this.queue) settled.reject(this.closing.signal.reason);
    this.batch = undefined;
    this.queue = [];
  }

  private begin(conversationId: string, startMs: number): AudioBatch {
    this.age = this.tools.clock.setTimeout(() => this.cut(), this.tools.batchMs);
    return new AudioBatch(conversationId, startMs, this.options);
  }

  /** What follows belongs to another batch. */
  private cut(): void {
    this.age?.cancel();
    if (!this.batch) return;
    const settled = Promise.withResolvers<void>();
    // Often nobody waits.
    settled.promise.catch(() => undefined);
    this.queue.push({ batch: this.batch, settled });
    this.batch = undefined;
    if (!this.working) void this.work();
  }

  private async work(): Promise<void> {
    this.working = true;
    for (let next = this.queue[0]; next; next = this.queue[0]) {
      const { batch, settled } = next;
      const isKept = await this.keep(batch);
      this.tools.memory.give(batch.bytes);
      if (!isKept) break;
      this.queue.shift();
      this.tell(batch.conversationId, batch.endMs);
      settled.resolve();
    }
    this.working = false;
  }

  /** Tries until it is, or the upload is closed: then false. Never rejects. */
  private async keep(batch: AudioBatch): Promise<boolean> {
    const { keeper, clock, onKept, onFailed } = this.tools;
    const { signal } = this.closing;
    for (let retryMs = FIRST_RETRY_MS; !signal.aborted; retryMs = Math.min(2 * retryMs, LONGEST_RETRY_MS)) {
      try {
        onKept(batch, await keeper.keep(this.options.tenant, batch));
        return !signal.aborted;
      } catch (error) {
        onFailed(error);
        await clock.delay(retryMs, signal).catch(() => undefined);
      }
    }
    return false;
  }
}
