import type { Clock, Timer } from '../kernel/clock.js';
import type { AudioSource, DroppedAudio, DropReason } from './source-queues.js';

const WINDOW_MS = 5000;

interface Window {
  readonly timer: Timer;
  droppedMs: number;
  reason: DropReason;
}

/** Says in the log that audio of a session is lost: the first time at once, then once in 5 s with the sum since. */
export class DropLog {
  private readonly windows = new Map<AudioSource, Window>();

  constructor(
    private readonly clock: Clock,
    private readonly warn: (line: string) => void,
  ) {}

  note({ source, reason, fromMs, toMs }: DroppedAudio): void {
    const droppedMs = toMs - fromMs;
    const window = this.windows.get(source);
    if (window) {
      window.droppedMs += droppedMs;
      window.reason = reason;
      return;
    }
    this.warn(lineOf(source, reason, droppedMs));
    this.open(source, reason);
  }

  /** Says what has not been said yet. */
  close(): void {
    for (const source of this.windows.keys()) this.end(source);
  }

  private open(source: AudioSource, reason: DropReason): void {
    const timer = this.clock.setTimeout(() => {
      const window = this.end(source);
      if (window && window.droppedMs > 0) this.open(source, window.reason);
    }, WINDOW_MS);
    this.windows.set(source, { timer, droppedMs: 0, reason });
  }

  private end(source: AudioSource): Window | undefined {
    const window = this.windows.get(source);
    this.windows.delete(source);
    window?.timer.cancel();
    if (window && window.droppedMs > 0) this.warn(lineOf(source, window.reason, window.droppedMs));
    return window;
  }
}

function lineOf(source: AudioSource, reason: DropReason, droppedMs: number): string {
  const why = reason === 'overload' ? 'the server is overloaded' : 'its queue was full';
  return `Lost ${Math.round(droppedMs)} ms of ${source} audio: ${why}`;
}
