import type { Clock } from '../kernel/clock.js';
import type { AudioAccount } from './audio-budget.js';

/** Of each source: what a network, or a client that comes back, may have held up and deliver at once. */
const MOST_AT_ONCE_MS = 30_000;

/** A frame counts for this much at least, so that there is an end to empty ones; browsers send 128 samples, 2.7 ms. */
const SHORTEST_FRAME_MS = 2;

export interface AudioMeterParts {
  readonly clock: Clock;
  /** Of each source, in times of real time; 0 for any. */
  readonly rate: number;
  /** How many send their audio over the connection, each in its own time. */
  readonly sources: number;
  /** Undefined where there is no budget. */
  readonly account: AudioAccount | undefined;
  /** The first time that audio is too fast. */
  onTooFast(): void;
}

/** Measures what one client sends: whether it can have been said in the time, and whether its tenant has any left. */
export class AudioMeter {
  private allowedMs: number;
  private countedAt: number;
  private toldTooFast = false;

  constructor(private readonly parts: AudioMeterParts) {
    this.allowedMs = MOST_AT_ONCE_MS * parts.sources;
    this.countedAt = parts.clock.now();
  }

  /** Whether this much more audio is to be heard. */
  take(durationMs: number): boolean {
    if (!this.canHaveBeenSaid(Math.max(durationMs, SHORTEST_FRAME_MS))) {
      if (!this.toldTooFast) this.parts.onTooFast();
      this.toldTooFast = true;
      return false;
    }
    return this.parts.account?.spend(durationMs) ?? true;
  }

  /** Idempotent. */
  close(): void {
    this.parts.account?.close();
  }

  private canHaveBeenSaid(durationMs: number): boolean {
    const { clock, rate, sources } = this.parts;
    if (rate === 0) return true;
    const now = clock.now();
    this.allowedMs = Math.min(MOST_AT_ONCE_MS * sources, this.allowedMs + (now - this.countedAt) * rate * sources);
    this.countedAt = now;
    if (durationMs > this.allowedMs) return false;
    this.allowedMs -= durationMs;
    return true;
  }
}

/** For a client that nobody measures. */
export const unmeasured: Pick<AudioMeter, 'take' | 'close'> = { take: () => true, close: () => undefined };
