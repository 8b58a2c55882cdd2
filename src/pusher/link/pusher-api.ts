import { Injectable, Logger, type OnApplicationShutdown } from '@nestjs/common';
import { PusherConfig } from '../../config/pusher.config.js';
import { ParleyError, messageOf } from '../../kernel/errors.js';
import { traceHeaders } from '../../kernel/live-span.js';
import { type SafeFetch, createSafeFetch } from '../../services/http/safe-fetch.js';

/** Less than proxies in front of us usually wait. */
const ANSWER_TIMEOUT_MS = 50_000;

export interface PusherQuestion {
  readonly method: 'GET' | 'POST' | 'DELETE';
  /** From `/api/v1/` on, not encoded. */
  readonly path: readonly string[];
  readonly query: Readonly<Record<string, string>>;
  /** Of who asks: the pusher judges for itself. Undefined where nobody needs a credential. */
  readonly credential: string | undefined;
  /** JSON-able; undefined: none. */
  readonly body?: unknown;
}

export interface PusherAnswer {
  readonly status: number;
  /** JSON; undefined if there is none. */
  readonly body: unknown;
}

/** The REST API of the pusher at PUSHER_URL. */
@Injectable()
export class PusherApi implements OnApplicationShutdown {
  private readonly logger = new Logger('Pusher');
  private readonly safe: SafeFetch;

  constructor(private readonly config: PusherConfig) {
    this.safe = createSafeFetch({
      allowPrivate: true,
      connectTimeoutMs: config.connectTimeoutMs,
      answerTimeoutMs: ANSWER_TIMEOUT_MS,
    });
  }

  /** Rejects with `state_unavailable` when no pusher answers. */
  async ask({ method, path, query, credential, body }: PusherQuestion): Promise<PusherAnswer> {
    // They would lead elsewhere, encoded or not.
    if (path.some((part) => part === '.' || part === '..'))
      throw new ParleyError('not_found', 'There is no such thing');
    const url = new URL(`/api/v1/${path.map(encodeURIComponent).join('/')}`, this.config.url.replace(/^ws/, 'http'));
    url.search = new URLSearchParams(query).toString();
    try {
      const response = await this.safe.fetch(url, {
        method,
        headers: {
          ...traceHeaders(),
          ...(credential !== undefined && { authorization: `Bearer ${credential}` }),
          ...(body !== undefined && { 'content-type': 'application/json' }),
        },
        ...(body !== undefined && { body: JSON.stringify(body) }),
      });
      const text = await response.text();
      return { status: response.status, body: text === '' ? undefined : (JSON.parse(text) as unknown) };
    } catch (error) {
      this.logger.warn(`The pusher does not answer ${method} /api/v1/${path[0]}: ${problemOf(error)}`);
      throw new ParleyError('state_unavailable', 'The pusher does not answer', true, { cause: error });
    }
  }

  async onApplicationShutdown(): Promise<void> {
    await this.safe.close();
  }
}

/** Nothing of what came: an error in JSON quotes it. */
function problemOf(error: unknown): string {
  if (error instanceof SyntaxError) return 'what comes is no JSON';
  return messageOf(error instanceof Error ? (error.cause ?? error) : error);
}
