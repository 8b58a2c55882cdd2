import type { Clock } from '../../kernel/clock.js';

/** What nobody has tried to reach for so long may be there again. */
const FORGOTTEN_MS = 300_000;

/** For how long the pusher has not been reached by any link of this process. */
export class PusherReach {
  private connections = 0;
  /** Clock time; undefined while it is reached, or nothing is known. */
  private awaySince: number | undefined;
  private triedAt = 0;

  /** @param isWanted whether there are links, which try again sooner or later */
  constructor(
    private readonly clock: Clock,
    private readonly isWanted: () => boolean,
  ) {}

  /** 0 while it is reached, and where nothing is known. */
  get awayMs(): number {
    const now = this.clock.now();
    if (this.awaySince === undefined || (!this.isWanted() && now - this.triedAt > FORGOTTEN_MS)) return 0;
    return now - this.awaySince;
  }

  connected(): void {
    this.connections++;
    this.awaySince = undefined;
  }

  /** A connection is over. @param isWished by us */
  lost(isWished: boolean): void {
    this.connections--;
    if (!isWished) this.failed();
  }

  /** An attempt came to nothing, or a connection did. */
  failed(): void {
    this.triedAt = this.clock.now();
    // One link that fails while others work says nothing about the pusher.
    if (this.connections === 0) this.awaySince ??= this.triedAt;
  }
}
