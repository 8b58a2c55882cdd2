import type { IncomingMessage } from 'node:http';

/** Why an upgrade is refused; the client sees it as an ordinary HTTP answer. */
export interface Refusal {
  readonly status: 400 | 401 | 403 | 404 | 429 | 500 | 503;
  readonly code: string;
  readonly message: string;
  readonly retryAfterSeconds?: number;
}

export type Admission<T> =
  { readonly admitted: true; readonly ticket: T } | { readonly admitted: false; readonly refusal: Refusal };

/** Decides, before the `101`, who may open a WebSocket on a route. A gateway names its policy in its options. */
export abstract class UpgradePolicy<T extends Ticket = Ticket> {
  /**
   * @param url the request's URL, with its query.
   * @param signal aborts when the client goes away while it waits.
   */
  abstract admit(request: IncomingMessage, url: URL, signal: AbortSignal): Promise<Admission<T>>;
}

/** What an admitted connection holds until it is closed. */
export interface Ticket {
  /** Idempotent. */
  release(): void;
}
