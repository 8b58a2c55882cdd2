import type { VadRate } from '../../voice-activity.js';
import type { VadRequest, WindowBatch } from './silero-messages.js';
import { windowShape } from './silero-model.js';

const FIRST_CAPACITY = 8;

/** Collects windows of all streams until the next message to the worker. */
export class WindowOutbox {
  private readonly pending: Record<VadRate, PendingWindows> = {
    8000: new PendingWindows(8000),
    16000: new PendingWindows(16_000),
  };
  private closed: number[] = [];

  /** How many windows are waiting. */
  get size(): number {
    return this.pending[8000].size + this.pending[16000].size;
  }

  /** Copies `samples`, one window. */
  add(streamId: number, rate: VadRate, samples: Int16Array): void {
    this.pending[rate].add(streamId, samples);
  }

  close(streamId: number): void {
    this.closed.push(streamId);
  }

  /** What has been collected; its buffers may be transferred. */
  take(): VadRequest | undefined {
    const batches = [this.pending[8000].take(), this.pending[16000].take()].filter((batch) => batch !== undefined);
    if (batches.length === 0 && this.closed.length === 0) return undefined;
    const closed = this.closed;
    this.closed = [];
    return { batches, closed };
  }
}

class PendingWindows {
  private readonly windowLength: number;
  private streamIds: number[] = [];
  private samples: Int16Array;

  constructor(private readonly rate: VadRate) {
    this.windowLength = windowShape[rate].samples;
    this.samples = new Int16Array(FIRST_CAPACITY * this.windowLength);
  }

  get size(): number {
    return this.streamIds.length;
  }

  add(streamId: number, window: Int16Array): void {
    const offset = this.streamIds.length * this.windowLength;
    if (offset === this.samples.length) {
      const larger = new Int16Array(this.samples.length * 2);
      larger.set(this.samples);
      this.samples = larger;
    }
    this.samples.set(window, offset);
    this.streamIds.push(streamId);
  }

  take(): WindowBatch | undefined {
    if (this.streamIds.length === 0) return undefined;
    const samples = this.samples.slice(0, this.streamIds.length * this.windowLength);
    const batch = { rate: this.rate, streamIds: Int32Array.from(this.streamIds), samples };
    this.streamIds = [];
    // After a backlog, not for ever as large as it was then.
    if (samples.length > 64 * this.windowLength) this.samples = new Int16Array(FIRST_CAPACITY * this.windowLength);
    return batch;
  }
}
