import type { Clock, Timer } from '../../../kernel/clock.js';
import type { AzureToken, AzureTokenSource } from './azure-token-source.js';

/** So long before it expires a token is replaced. */
const EARLY_MS = 2 * 60_000;
const SHORTEST_MS = 1000;
const RETRY_MS = 15_000;

/** The one token that all connections use: fetched when first wanted, then kept fresh until closed. */
export class AzureTokens {
  private current: { readonly value: string; readonly expiresAt: number } | undefined;
  private fetching: Promise<string> | undefined;
  private refresh: Timer | undefined;
  private readonly listeners = new Set<(token: string) => void>();
  private readonly closed = new AbortController();

  constructor(
    private readonly source: AzureTokenSource,
    private readonly clock: Clock,
    private readonly onIncident: (message: string) => void,
  ) {}

  /** One that is good for some time yet. Rejects with a ParleyError. */
  get(): Promise<string> {
    if (this.current && this.current.expiresAt - this.clock.now() > SHORTEST_MS)
      return Promise.resolve(this.current.value);
    return (this.fetching ??= this.fetch());
  }

  /** Live connections reconnect with the token they were given last. Returns how to stop. */
  onRefresh(listener: (token: string) => void): () => void {
    this.listeners.add(listener);
    return () => void this.listeners.delete(listener);
  }

  close(): void {
    this.refresh?.cancel();
    this.closed.abort(new Error('closed'));
    this.listeners.clear();
  }

  private async fetch(): Promise<string> {
    try {
      const token = await this.source(this.closed.signal);
      this.keep(token);
      return token.value;
    } finally {
      this.fetching = undefined;
    }
  }

  private keep({ value, validMs }: AzureToken): void {
    this.current = { value, expiresAt: this.clock.now() + validMs };
    this.refreshIn(Math.max(SHORTEST_MS, validMs - Math.min(EARLY_MS, validMs / 2)));
    for (const listener of this.listeners) listener(value);
  }

  private refreshIn(delayMs: number): void {
    this.refresh?.cancel();
    if (this.closed.signal.aborted) return;
    this.refresh = this.clock.setTimeout(() => {
      this.fetching ??= this.fetch();
      this.fetching.catch(() => {
        if (this.closed.signal.aborted) return;
        this.onIncident(`Azure Speech: the token could not be renewed; the next attempt is in ${RETRY_MS} ms`);
        this.refreshIn(RETRY_MS);
      });
    }, delayMs);
  }
}
