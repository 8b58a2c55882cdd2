import type { Redis, RedisOptions } from 'ioredis';
import { type Clock } from '../../kernel/clock.js';
import { ParleyError } from '../../kernel/errors.js';
import { containedClient } from './contained-client.js';
import { isOutage, problemOf, stateUnavailable } from './redis-problem.js';

const FIRST_PAUSE_MS = 50;
const MAX_PAUSE_MS = 2000;

export interface ConnectionTimes {
  readonly connectTimeoutMs: number;
  readonly commandTimeoutMs: number;
  /** How often a connection on which nothing else happens is tried. */
  readonly heartbeatMs: number;
}

export interface ConnectionEvents {
  /** A new connection is only used once this is done: proof that it can be. */
  prepare(client: Redis): Promise<unknown>;
  onUp(): void;
  onDown(problem: string): void;
}

/**
 * A connection to Redis that is kept up for ever. Each is a client of its own, which never reconnects: nothing is
 * queued, and no command of before is sent again. A command fails at once while there is no connection, and a connection
 * on which one is not answered in time is given up.
 */
export class RedisConnection {
  private readonly lifetime = new AbortController();
  private client: Redis | undefined;
  private problem = 'not connected yet';

  constructor(
    private readonly options: RedisOptions,
    private readonly times: ConnectionTimes,
    private readonly clock: Clock,
    private readonly events: ConnectionEvents,
  ) {}

  get up(): boolean {
    return this.client !== undefined;
  }

  /** One attempt; rejects with `state_unavailable`. Once it has succeeded, the connection is kept up. */
  async open(): Promise<void> {
    const client = containedClient({
      ...this.options,
      lazyConnect: true,
      connectTimeout: this.times.connectTimeoutMs,
      retryStrategy: () => null,
      enableOfflineQueue: false,
      // What `prepare` does says more than INFO, which not everybody may read.
      enableReadyCheck: false,
      maxRetriesPerRequest: 0,
      autoResubscribe: false,
      autoResendUnfulfilledCommands: false,
      disableClientInfo: true,
    });
    let cause: string | undefined;
    client.on('error', (error) => {
      cause ??= problemOf(error);
      // An answer to nothing, for example: those that follow would be taken for others' too.
      this.lost(client, cause);
    });
    const connecting = async (): Promise<void> => {
      await client.connect();
      await this.events.prepare(client);
      this.lifetime.signal.throwIfAborted();
      if (client.status !== 'ready') throw new Error('the connection was closed');
    };
    try {
      await this.within(this.times.connectTimeoutMs, connecting());
    } catch (error) {
      discard(client);
      // "Connection is closed" is what the client says in the end, whatever was the cause.
      this.problem = cause ?? problemOf(error);
      throw stateUnavailable(this.problem);
    }
    client.once('close', () => this.lost(client, cause ?? 'the connection was closed'));
    this.client = client;
    void this.watch(client);
  }

  /** Rejects with `state_unavailable`: at once while the connection is down, else within the limit for commands. */
  async run<T>(command: (client: Redis) => Promise<T>): Promise<T> {
    const { client } = this;
    if (!client) throw stateUnavailable(this.problem);
    try {
      return await this.within(this.times.commandTimeoutMs, command(client));
    } catch (error) {
      const problem = problemOf(error);
      if (isOutage(error)) this.lost(client, problem);
      throw stateUnavailable(problem);
    }
  }

  /** Idempotent; nothing is reported any more. */
  async close(): Promise<void> {
    this.lifetime.abort();
    const { client } = this;
    this.client = undefined;
    this.problem = 'closed';
    if (!client) return;
    await this.within(this.times.commandTimeoutMs, client.quit()).catch(() => undefined);
    discard(client);
  }

  private lost(client: Redis, problem: string): void {
    if (this.client !== client) return;
    this.client = undefined;
    this.problem = problem;
    discard(client);
    if (this.lifetime.signal.aborted) return;
    this.events.onDown(problem);
    void this.reopen();
  }

  private async reopen(): Promise<void> {
    const { signal } = this.lifetime;
    for (let pause = FIRST_PAUSE_MS; ; pause = Math.min(pause * 2, MAX_PAUSE_MS)) {
      // Not all replicas at once.
      const wait = this.clock.delay(pause * (0.5 + Math.random()), signal);
      if (!(await succeeds(wait))) return;
      if (await succeeds(this.open())) return this.events.onUp();
    }
  }

  /** A connection that is dead without being closed is only noticed by asking. */
  private async watch(client: Redis): Promise<void> {
    while (this.client === client) {
      if (!(await succeeds(this.clock.delay(this.times.heartbeatMs, this.lifetime.signal)))) return;
      if (this.client === client) await succeeds(this.run((alive) => alive.ping()));
    }
  }

  private within<T>(limitMs: number, work: Promise<T>): Promise<T> {
    return new Promise((resolve, reject) => {
      const timer = this.clock.setTimeout(
        () => reject(new ParleyError('timeout', `no answer within ${limitMs} ms`, true)),
        limitMs,
      );
      work.then(resolve, reject).finally(() => timer.cancel());
    });
  }
}

function succeeds(work: Promise<unknown>): Promise<boolean> {
  return work.then(
    () => true,
    () => false,
  );
}

/** At once, not after the other side has agreed to it. Its error handler stays. */
function discard(client: Redis): void {
  if (client.status === 'end') return;
  client.disconnect();
  client.stream?.destroy();
}
