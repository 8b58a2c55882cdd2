import { isAborted } from '../../kernel/abort.js';
import type { Chance } from '../../kernel/chance.js';
import type { Clock } from '../../kernel/clock.js';
import { CloseCode } from '../../kernel/close-codes.js';
import type { LinkBreaker } from './link-breaker.js';
import type { ConnectionEnd, PusherConnection, ReadyFrame } from './pusher-connection.js';
import type { LinkState } from './pusher-link.js';

/** A connection that is lost sooner has not worked: it does not count as the end of the trouble. */
const STABLE_MS = 10_000;
/** What a pusher that is on its way out closes with, whatever it is asked. */
const GOING_AWAY = CloseCode.Idle;

export interface ConnectorOptions {
  readonly clock: Clock;
  readonly chance: Chance;
  readonly breaker: LinkBreaker;
  readonly maxReconnectAttempts: number;
  readonly backoffMs: number;
  readonly backoffMaxMs: number;
  readonly probeMs: number;
  /** Undefined if it is not known yet where the pusher is. */
  readonly dial: () => PusherConnection | undefined;
  readonly onConnected: (connection: PusherConnection, ready: ReadyFrame) => void;
  /** After `onConnected` each time. */
  readonly onLost: (end: ConnectionEnd) => void;
  /** An attempt came to nothing. */
  readonly onFailed: (problem: string) => void;
  readonly onState: (state: LinkState) => void;
}

/** Keeps one link connected. All attempts are made by one loop: whoever finds the connection broken only ends it. */
export class LinkConnector {
  private now: LinkState = 'reconnect_backoff';

  constructor(private readonly options: ConnectorOptions) {}

  get state(): LinkState {
    return this.now;
  }

  /** Resolves once `signal` has aborted and the connection is closed. */
  async run(signal: AbortSignal): Promise<void> {
    try {
      await this.keepConnected(signal);
    } catch (error) {
      if (!isAborted(error)) throw error;
    }
  }

  private async keepConnected(signal: AbortSignal): Promise<void> {
    const { breaker, clock, maxReconnectAttempts, backoffMs, backoffMaxMs, probeMs } = this.options;
    for (let attempts = 0; ;) {
      const heldMs = await this.attempt(signal);
      signal.throwIfAborted();
      if (heldMs === undefined) {
        await clock.delay(breaker.retryInMs + this.about(backoffMs), signal);
        continue;
      }
      if (heldMs >= STABLE_MS) attempts = 0;
      if (attempts < maxReconnectAttempts) {
        this.change('reconnect_backoff');
        await clock.delay(this.about(Math.min(backoffMs * 2 ** attempts, backoffMaxMs)), signal);
        attempts++;
      } else {
        this.change('degraded');
        await clock.delay(probeMs, signal);
      }
    }
  }

  /** How long it was connected, ms; undefined if the breaker does not let it try. */
  private async attempt(signal: AbortSignal): Promise<number | undefined> {
    const { breaker, clock, dial, onConnected, onFailed, onLost } = this.options;
    const permit = breaker.enter();
    if (!permit) return undefined;
    if (this.now === 'degraded') this.change('half_open_probe');
    const connection = dial();
    if (!connection) {
      permit.abandoned();
      return 0;
    }
    const onAbort = (): void => connection.close(CloseCode.Ended, 'ended');
    signal.addEventListener('abort', onAbort, { once: true });
    try {
      const ready = await connection.ready;
      if (!ready) {
        const { code, problem } = await connection.ended;
        if (signal.aborted || code === GOING_AWAY) permit.abandoned();
        else permit.failed();
        onFailed(problem);
        return 0;
      }
      permit.succeeded();
      const since = clock.now();
      onConnected(connection, ready);
      this.change('connected');
      onLost(await connection.ended);
      return clock.now() - since;
    } finally {
      signal.removeEventListener('abort', onAbort);
    }
  }

  private change(state: LinkState): void {
    if (state === this.now) return;
    this.now = state;
    this.options.onState(state);
  }

  /** A quarter more or less, so that those who lost it together do not come back together. */
  private about(delayMs: number): number {
    return delayMs * (0.75 + this.options.chance.next() / 2);
  }
}
