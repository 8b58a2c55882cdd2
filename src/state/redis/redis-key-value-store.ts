import { ParleyError } from '../../kernel/errors.js';
import { KeyValueStore } from '../store/key-value-store.js';
import type { RedisKeys } from './redis-keys.js';
import type { RedisLink } from './redis-link.js';

/** A count that has no end would stay for good if it were given one by a second command. */
const ADD = `
local sum = redis.call('INCRBY', KEYS[1], ARGV[1])
if redis.call('PTTL', KEYS[1]) < 0 then redis.call('PEXPIRE', KEYS[1], ARGV[2]) end
return sum`;

/** For all replicas; Redis itself lets values expire. */
export class RedisKeyValueStore extends KeyValueStore {
  constructor(
    private readonly link: RedisLink,
    private readonly keys: RedisKeys,
  ) {
    super();
  }

  async get(key: string): Promise<string | undefined> {
    return textOf(await this.link.run((client) => client.get(this.keys.value(key))));
  }

  async set(key: string, value: string, ttlMs: number): Promise<void> {
    await this.link.run((client) => client.set(this.keys.value(key), value, 'PX', whole(ttlMs)));
  }

  async replace(key: string, value: string, ttlMs: number): Promise<boolean> {
    const answer = await this.link.run((client) => client.set(this.keys.value(key), value, 'PX', whole(ttlMs), 'XX'));
    return answer === 'OK';
  }

  async take(key: string): Promise<string | undefined> {
    return textOf(await this.link.run((client) => client.getdel(this.keys.value(key))));
  }

  async add(key: string, amount: number, ttlMs: number): Promise<number> {
    const name = this.keys.value(key);
    const answer = await this.link.run((client) => client.eval(ADD, 1, name, String(amount), String(whole(ttlMs))));
    if (typeof answer !== 'number') throw new ParleyError('state_unavailable', 'Redis has not counted', true);
    return answer;
  }

  async delete(key: string): Promise<void> {
    await this.link.run((client) => client.del(this.keys.value(key)));
  }
}

/** The answer need not be what it should be: what stands between us and Redis may be anything. */
function textOf(answer: unknown): string | undefined {
  return typeof answer === 'string' ? answer : undefined;
}

/** Redis takes whole milliseconds only, from 1. */
function whole(ttlMs: number): number {
  return Math.max(1, Math.round(ttlMs));
}
