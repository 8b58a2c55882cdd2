import { Logger } from '@nestjs/common';
import type { Redis } from 'ioredis';
import type { RedisConfig } from '../../config/redis.config.js';
import type { Clock } from '../../kernel/clock.js';
import { formatDuration } from '../../kernel/duration.js';
import { ParleyError, messageOf } from '../../kernel/errors.js';
import { RedisConnection } from './redis-connection.js';
import type { RedisKeys } from './redis-keys.js';
import { redisOptions } from './redis-options.js';
import { explained, isRefusal, stateUnavailable } from './redis-problem.js';

const ATTEMPTS = 3;
const PAUSE_MS = 500;
const MAX_HEARTBEAT_MS = 5000;
const PROBE_MS = 1000;

/** What is received on this replica's channel. */
export type Receiver = (text: string) => void;

/**
 * The two connections to Redis, one for commands and one to listen, as one: up when both are. An outage is one line in
 * the log when it begins and one when it is over.
 */
export class RedisLink {
  /** Where it is, without credentials. */
  readonly address: string;
  private readonly logger = new Logger('Redis');
  private readonly commands: RedisConnection;
  private readonly inbox: RedisConnection;
  private readonly upListeners: (() => void)[] = [];
  private readonly downListeners: (() => void)[] = [];
  private receiver: Receiver = () => undefined;
  private outage: { readonly since: number; readonly problem: string } | undefined;

  constructor(
    private readonly config: RedisConfig,
    private readonly keys: RedisKeys,
    private readonly replica: string,
    private readonly clock: Clock,
  ) {
    const { shown, options } = redisOptions(config.url, replica);
    this.address = shown;
    const { connectTimeoutMs, commandTimeoutMs, leaseMs } = config;
    const times = { connectTimeoutMs, commandTimeoutMs, heartbeatMs: Math.min(leaseMs / 3, MAX_HEARTBEAT_MS) };
    const onUp = (): void => this.changed();
    const onDown = (problem: string): void => this.changed(problem);
    this.commands = new RedisConnection(options, times, clock, {
      prepare: (client) => this.probe(client),
      onUp,
      onDown,
    });
    this.inbox = new RedisConnection(options, times, clock, { prepare: (client) => this.listen(client), onUp, onDown });
  }

  get up(): boolean {
    return this.commands.up && this.inbox.up;
  }

  /** Connects. Rejects, after a few attempts, with a sentence that says what was tried and what to do. */
  async start(signal: AbortSignal): Promise<void> {
    for (let attempt = 1; ; attempt++) {
      try {
        for (const connection of [this.commands, this.inbox]) if (!connection.up) await connection.open();
        return;
      } catch (error) {
        const problem = messageOf(error).replace(/^Redis is not available: /, '');
        const final = attempt === ATTEMPTS || isRefusal(problem);
        if (!final) {
          await this.clock.delay(PAUSE_MS, signal);
          continue;
        }
        await this.close();
        throw new ParleyError('state_unavailable', this.adviceOn(problem, attempt));
      }
    }
  }

  /** Rejects with `state_unavailable`, and never waits for Redis to come back. */
  run<T>(command: (client: Redis) => Promise<T>): Promise<T> {
    return this.commands.run(command);
  }

  receive(receiver: Receiver): void {
    this.receiver = receiver;
  }

  /** Redis is there again: it may have forgotten everything. */
  onUp(listener: () => void): void {
    this.upListeners.push(listener);
  }

  onDown(listener: () => void): void {
    this.downListeners.push(listener);
  }

  /** How long an answer takes, ms; rejects with what is wrong. */
  async check(): Promise<number> {
    if (this.outage) {
      const lasts = formatDuration(this.clock.now() - this.outage.since);
      throw stateUnavailable(`${this.outage.problem} (for ${lasts})`);
    }
    const startedAt = this.clock.now();
    await this.run((client) => client.ping());
    return this.clock.now() - startedAt;
  }

  /** Whoever sends something from now on hears that nobody listens; what was sent before has been received. Idempotent. */
  async stopListening(): Promise<void> {
    await this.inbox.close();
  }

  /** Idempotent. */
  async close(): Promise<void> {
    await Promise.all([this.commands.close(), this.inbox.close()]);
  }

  /** A Redis that is full, read-only or forbids what we do is no better than none. */
  private probe(client: Redis): Promise<unknown> {
    const script = "return redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2])";
    return client.eval(script, 1, this.keys.probeOf(this.replica), 'ok', PROBE_MS);
  }

  private listen(client: Redis): Promise<unknown> {
    client.on('message', (_channel: string, text: string) => this.receiver(text));
    return client.subscribe(this.keys.inboxOf(this.replica));
  }

  private changed(problem = 'not connected'): void {
    if (this.up === (this.outage === undefined)) return;
    if (!this.up) {
      this.outage = { since: this.clock.now(), problem };
      this.logger.warn(
        `${this.address} is away: ${problem}. Calls go on; sessions of other replicas are out of reach until it is back`,
      );
      for (const listener of this.downListeners) listener();
      return;
    }
    const lasted = this.clock.now() - (this.outage?.since ?? 0);
    this.outage = undefined;
    this.logger.log(`${this.address} is back after ${formatDuration(lasted)}`);
    for (const listener of this.upListeners) listener();
  }

  private adviceOn(problem: string, attempts: number): string {
    const tried = attempts === 1 ? 'tried once' : `tried ${attempts} times, ${this.config.connectTimeoutMs} ms each`;
    const { says, advice } = explained(problem);
    return `REDIS_URL ${this.address}: ${says} (${tried}). ${advice}`;
  }
}
