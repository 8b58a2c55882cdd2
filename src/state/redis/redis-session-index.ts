import { Logger } from '@nestjs/common';
import type { Redis } from 'ioredis';
import type { Clock, Timer } from '../../kernel/clock.js';
import { messageOf } from '../../kernel/errors.js';
import type { LiveSession, SessionRegistry } from '../session-registry.js';
import { summaryOf } from '../session-summary.js';
import type { LocatedSession } from '../shared-state.js';
import type { RedisKeys } from './redis-keys.js';
import type { RedisLink } from './redis-link.js';

/** More than anybody runs; bounds what rubbish in the index can cost. */
const LAST_REPLICA = '999';

/** Renews a replica's place in the index, by Redis' own clock, and drops those that are dead. */
const ANNOUNCE = `
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local kind = redis.call('TYPE', KEYS[1]).ok
if kind ~= 'zset' and kind ~= 'none' then redis.call('DEL', KEYS[1]) end
redis.call('ZADD', KEYS[1], string.format('%.0f', now + ARGV[2]), ARGV[1])
redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', string.format('%.0f', now))
redis.call('PEXPIRE', KEYS[1], ARGV[2])
return redis.call('ZCARD', KEYS[1])`;

/**
 * Which replica has which session. Each replica writes its own: what has changed at once, all of it at every renewal and
 * when Redis is back. What it has written is gone when it is not renewed.
 */
export class RedisSessionIndex {
  private readonly logger = new Logger('Redis');
  /** What is to be written next; never more than there are sessions, as those of the past count as `all`. */
  private due: Set<string> | 'all' | undefined;
  private writing: Promise<void> | undefined;
  private timer: Timer | undefined;
  private running = false;
  private problem: string | undefined;
  /** Live ones, this one included. */
  replicas = 1;

  constructor(
    private readonly link: RedisLink,
    private readonly keys: RedisKeys,
    private readonly registry: SessionRegistry,
    private readonly replica: string,
    private readonly leaseMs: number,
    private readonly clock: Clock,
  ) {
    registry.onChange((id) => this.changed(id));
    link.onUp(() => this.renew());
  }

  async start(): Promise<void> {
    this.running = true;
    this.renew();
    await this.writing;
  }

  /** Takes this replica and its sessions out. */
  async stop(): Promise<void> {
    this.running = false;
    this.timer?.cancel();
    await this.writing;
    await this.link.run((client) => client.del(this.keys.sessionsOf(this.replica))).catch(() => undefined);
    await this.link.run((client) => client.zrem(this.keys.replicas, this.replica)).catch(() => undefined);
  }

  /** Those of the other replicas. */
  async sessions(): Promise<LocatedSession[]> {
    const lists = await Promise.all(
      (await this.others()).map(async (replica) => {
        const entries = await this.link.run((client) => ignoringRubbish(client.hgetall(this.keys.sessionsOf(replica))));
        return Object.entries(entries ?? {}).flatMap(([id, text]) => read(id, text, replica) ?? []);
      }),
    );
    return lists.flat();
  }

  async find(sessionId: string): Promise<LocatedSession | undefined> {
    const found = await Promise.all(
      (await this.others()).map(async (replica) => {
        const key = this.keys.sessionsOf(replica);
        const text = await this.link.run((client) => ignoringRubbish(client.hget(key, sessionId)));
        return read(sessionId, text, replica);
      }),
    );
    return found.find((session) => session !== undefined);
  }

  private async others(): Promise<string[]> {
    const members: unknown = await this.link.run((client) => client.zrange(this.keys.replicas, 0, LAST_REPLICA));
    if (!Array.isArray(members)) return [];
    return members.filter((member): member is string => typeof member === 'string' && member !== this.replica);
  }

  private changed(id: string): void {
    if (!this.running) return;
    if (!this.link.up) this.due = 'all';
    else if (this.due === undefined) this.due = new Set([id]);
    else if (this.due !== 'all') this.due.add(id);
    this.write();
  }

  private renew(): void {
    if (!this.running) return;
    this.timer?.cancel();
    this.timer = this.clock.setTimeout(() => this.renew(), this.leaseMs / 3);
    this.due = 'all';
    this.write();
  }

  private write(): void {
    // While it is away, it is not tried: everything is written once it is back.
    if (!this.writing && this.link.up) this.writing = this.writeAll().finally(() => (this.writing = undefined));
  }

  private async writeAll(): Promise<void> {
    // Not while a session is being added.
    await Promise.resolve();
    while (this.due) {
      const due = this.due;
      this.due = undefined;
      try {
        await (due === 'all' ? this.writeEverything() : this.writeSome(due));
        this.solved();
      } catch (error) {
        // Everything once more, and then at the next renewal: what is in the way may be rubbish, which goes first then.
        this.due = 'all';
        if (due === 'all' || !this.link.up) return this.failed(messageOf(error));
      }
    }
  }

  private async writeEverything(): Promise<void> {
    const entries = this.entriesOf(this.registry.list());
    const key = this.keys.sessionsOf(this.replica);
    await this.link.run(async (client) => {
      const transaction = client.multi().del(key);
      if (entries.length > 0) transaction.hset(key, ...entries).pexpire(key, this.leaseMs);
      await transaction.exec();
    });
    const count = await this.link.run((client) => this.announce(client));
    if (typeof count === 'number') this.replicas = count;
  }

  private async writeSome(ids: ReadonlySet<string>): Promise<void> {
    const live = [...ids].flatMap((id) => this.registry.get(id) ?? []);
    const over = [...ids].filter((id) => !this.registry.get(id));
    const entries = this.entriesOf(live);
    const key = this.keys.sessionsOf(this.replica);
    await this.link.run(async (client) => {
      const transaction = client.multi();
      if (over.length > 0) transaction.hdel(key, ...over);
      if (entries.length > 0) transaction.hset(key, ...entries);
      const answers = await transaction.pexpire(key, this.leaseMs).exec();
      const [failure] = answers?.flatMap(([error]) => error ?? []) ?? [];
      if (failure) throw failure;
    });
  }

  private announce(client: Redis): Promise<unknown> {
    return client.eval(ANNOUNCE, 1, this.keys.replicas, this.replica, this.leaseMs);
  }

  /** Ids and texts in turn. */
  private entriesOf(sessions: readonly LiveSession[]): string[] {
    return sessions.flatMap((session) => {
      try {
        return [session.id, JSON.stringify(session.describe())];
      } catch (error) {
        this.logger.error(`Session ${session.id} cannot be described: ${messageOf(error)}`);
        return [];
      }
    });
  }

  private failed(problem: string): void {
    if (!this.link.up || problem === this.problem) return;
    this.problem = problem;
    this.logger.warn(`The sessions of this replica cannot be written: ${problem}. It is tried again`);
  }

  private solved(): void {
    if (this.problem !== undefined) this.logger.log('The sessions of this replica are written again');
    this.problem = undefined;
  }
}

/** Nothing, where somebody has put a value of another kind. */
function ignoringRubbish<T>(answer: Promise<T>): Promise<T | undefined> {
  return answer.catch((error: unknown) => {
    if (error instanceof Error && error.message.startsWith('WRONGTYPE')) return undefined;
    throw error;
  });
}

function read(id: string, text: unknown, replica: string): LocatedSession | undefined {
  if (typeof text !== 'string') return undefined;
  try {
    const summary = summaryOf(id, JSON.parse(text));
    return summary && { ...summary, replica };
  } catch {
    return undefined;
  }
}
