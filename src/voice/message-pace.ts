import type { Clock } from '../kernel/clock.js';

/** What a client may have held up, or send in a hurry, in times of a second's worth. */
const MOST_AT_ONCE_SECONDS = 10;
/** What a message counts that makes an agent think and speak, or something be stored. */
export const DEAR_MESSAGE = 5;

/**
 * `take` it; `tell` the client that this and others are lost, as the first of them; `drop` it; or it is to be `close`d:
 * it goes on all the same.
 */
export type PaceVerdict = 'take' | 'tell' | 'drop' | 'close';

/** What a client is told when its messages begin to be lost. */
export const tooManyMessages = {
  type: 'error',
  code: 'rate_limited',
  message:
    'Messages come faster than MAX_MESSAGES_PER_SECOND; what is too much is lost, and more of it closes the connection',
  retryable: true,
} as const;

/** How many messages one connection may send, besides audio: so many a second, and ten seconds' worth at once. */
export class MessagePace {
  private left: number;
  private countedAt: number;
  private isLosing = false;

  /** @param perSecond 0 for any number */
  constructor(
    private readonly clock: Pick<Clock, 'now'>,
    private readonly perSecond: number,
  ) {
    this.left = this.most;
    this.countedAt = clock.now();
  }

  /** One more, that counts as many as `cost`. What is lost counts as well, so that who does not stop is closed. */
  take(cost = 1): PaceVerdict {
    if (this.perSecond === 0) return 'take';
    const now = this.clock.now();
    this.left = Math.min(this.most, this.left + ((now - this.countedAt) * this.perSecond) / 1000) - cost;
    this.countedAt = now;
    const wasLosing = this.isLosing;
    this.isLosing = this.left < 0;
    if (!this.isLosing) return 'take';
    if (this.left < -this.most) return 'close';
    return wasLosing ? 'drop' : 'tell';
  }

  private get most(): number {
    return this.perSecond * MOST_AT_ONCE_SECONDS;
  }
}

/** For a client whose messages nobody counts. */
export const unpaced: Pick<MessagePace, 'take'> = { take: () => 'take' };
