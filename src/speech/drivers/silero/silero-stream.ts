import type { VadListener, VadStream } from '../../voice-activity.js';
import { WINDOW_MS } from './silero-model.js';

interface Hooks {
  /** The samples are only valid during the call. */
  readonly onWindow: (samples: Int16Array) => void;
  readonly onClose: () => void;
}

/** One session's audio, cut into windows; gives each window's answer to the listener, in order. */
export class SileroStream implements VadStream {
  private readonly window: Int16Array;
  private filled = 0;
  private sent = 0;
  private answered = 0;
  private lastProbability = 0;
  private isClosed = false;

  constructor(
    windowLength: number,
    private readonly listener: VadListener,
    private readonly hooks: Hooks,
  ) {
    this.window = new Int16Array(windowLength);
  }

  /** The worker has windows of this stream that it has not answered. */
  get isWaiting(): boolean {
    return this.sent > this.answered;
  }

  write(pcm: Int16Array): void {
    for (let offset = 0; offset < pcm.length && !this.isClosed;) {
      const part = pcm.subarray(offset, offset + this.window.length - this.filled);
      this.window.set(part, this.filled);
      this.filled += part.length;
      offset += part.length;
      if (this.filled < this.window.length) return;
      this.filled = 0;
      this.hooks.onWindow(this.window);
    }
  }

  close(): void {
    if (this.isClosed) return;
    this.isClosed = true;
    this.hooks.onClose();
  }

  markSent(): void {
    this.sent++;
  }

  answer(probability: number): void {
    if (this.isClosed) return;
    this.lastProbability = probability;
    this.answered++;
    this.listener(probability, this.answered * WINDOW_MS);
  }

  /** The worker died with the windows it had: what was true before is the best guess for them. */
  answerLost(probability = this.lastProbability): void {
    while (this.isWaiting && !this.isClosed) this.answer(probability);
  }
}
