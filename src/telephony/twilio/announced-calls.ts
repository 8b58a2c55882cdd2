import { Injectable } from '@nestjs/common';
import { Clock } from '../../kernel/clock.js';

/** From the answer to the webhook to the stream; it is there in less than a second, if it comes. */
const KEPT_MS = 30_000;
const MOST = 10_000;

/**
 * Calls that were counted when Twilio asked what to do with them. Their streams are not counted again; all other streams
 * are: the signature of one is the same for all, and an account's own TwiML can bring streams here without asking.
 */
@Injectable()
export class AnnouncedCalls {
  private readonly until: number[] = [];

  constructor(private readonly clock: Clock) {}

  add(): void {
    this.until.push(this.clock.now() + KEPT_MS);
    if (this.until.length > MOST) this.until.shift();
  }

  /** Whether a stream is one of them; each once. */
  take(): boolean {
    for (;;) {
      const until = this.until.shift();
      if (until === undefined) return false;
      if (until >= this.clock.now()) return true;
    }
  }
}
