import { Logger } from '@nestjs/common';
import type { Clock, Timer } from '../../kernel/clock.js';
import { messageOf } from '../../kernel/errors.js';
import type { SlotGate } from '../session-slots.js';
import type { RedisKeys } from './redis-keys.js';
import type { RedisLink } from './redis-link.js';

/** The longest lease that can be configured: what claims to last longer is rubbish. */
const LONGEST_LEASE_MS = 600_000;

/**
 * Says how many slots this replica holds and takes as many more as there are, up to the number asked for. Reports are
 * numbered: one that was on its way when a connection broke must not undo a newer one.
 * Returns slots granted, slots of the others, live replicas.
 */
const CLAIM = `
local replica, number, held, wanted, limit, lease = ARGV[1], tonumber(ARGV[2]), tonumber(ARGV[3]), tonumber(ARGV[4]), tonumber(ARGV[5]), tonumber(ARGV[6])
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local kind = redis.call('TYPE', KEYS[1]).ok
if kind ~= 'hash' and kind ~= 'none' then redis.call('DEL', KEYS[1]) end
local others, replicas, newest = 0, 1, -1
local entries = redis.call('HGETALL', KEYS[1])
for i = 1, #entries, 2 do
  local count, report, till = string.match(entries[i + 1], '^(%d+):(%d+):(%d+)$')
  till = tonumber(till)
  if entries[i] == replica then
    newest = tonumber(report) or -1
  elseif till and till > now and till <= now + ${LONGEST_LEASE_MS} then
    others = others + tonumber(count)
    replicas = replicas + 1
  else
    redis.call('HDEL', KEYS[1], entries[i])
  end
end
if newest >= number then return {0, others, replicas} end
local granted = math.max(0, math.min(wanted, limit - others - held))
redis.call('HSET', KEYS[1], replica, string.format('%.0f:%.0f:%.0f', held + granted, number, now + lease))
redis.call('PEXPIRE', KEYS[1], lease)
return {granted, others, replicas}`;

interface Claim {
  readonly granted: number;
  readonly others: number;
  readonly replicas: number;
}

/**
 * This replica's share of the session slots of all replicas. Redis has how many each holds, with a lease; one request at
 * a time is under way, for all who ask meanwhile.
 *
 * While Redis does not answer, nobody is refused for that: the share is what the others had left when they were last
 * heard of, or an equal part for each replica, whichever is more. Afterwards what each holds is counted again.
 */
export class RedisSlotShare implements SlotGate {
  private readonly logger = new Logger('Redis');
  /** Granted and not given back. */
  private held = 0;
  private others = 0;
  private replicas = 1;
  private reports = 0;
  private stale = false;
  private asking: ((granted: boolean) => void)[] = [];
  private claiming: Promise<void> | undefined;
  private timer: Timer | undefined;
  private running = false;
  private problem: string | undefined;

  constructor(
    private readonly link: RedisLink,
    private readonly keys: RedisKeys,
    private readonly replica: string,
    /** Of all replicas together. */
    readonly limit: number,
    private readonly leaseMs: number,
    private readonly clock: Clock,
  ) {
    link.onUp(() => this.renew());
  }

  /** How many this replica may hold, as far as is known. */
  get share(): number {
    const left = Math.max(0, this.limit - this.others);
    return this.link.up && this.problem === undefined ? left : Math.max(left, Math.ceil(this.limit / this.replicas));
  }

  /** Slots that all replicas hold, as far as is known. */
  get total(): number {
    return this.held + this.others;
  }

  async start(): Promise<void> {
    this.running = true;
    this.renew();
    await this.claiming;
  }

  async stop(): Promise<void> {
    this.running = false;
    this.timer?.cancel();
    await this.claiming;
    await this.link.run((client) => client.hdel(this.keys.slots, this.replica)).catch(() => undefined);
  }

  take(): Promise<boolean> {
    return new Promise((resolve) => {
      this.asking.push(resolve);
      this.claim();
    });
  }

  give(): void {
    this.held--;
    this.report();
  }

  private renew(): void {
    if (!this.running) return;
    this.timer?.cancel();
    this.timer = this.clock.setTimeout(() => this.renew(), this.leaseMs / 3);
    this.report();
  }

  private report(): void {
    this.stale = true;
    this.claim();
  }

  private claim(): void {
    this.claiming ??= this.claimAll().finally(() => (this.claiming = undefined));
  }

  private async claimAll(): Promise<void> {
    // Whoever else asks at the same time comes along.
    await Promise.resolve();
    while (this.asking.length > 0 || (this.stale && this.running && this.link.up)) {
      const asking = this.asking;
      this.asking = [];
      this.stale = false;
      try {
        const { granted, others, replicas } = await this.request(asking.length);
        this.others = others;
        this.replicas = replicas;
        this.solved();
        this.grant(asking, granted);
      } catch (error) {
        this.failed(messageOf(error));
        this.grant(asking, this.share - this.held);
        // Not at once: at the next change, the next renewal, or when Redis is back.
        this.stale = false;
      }
    }
  }

  private grant(asking: readonly ((granted: boolean) => void)[], count: number): void {
    const granted = Math.max(0, Math.min(count, asking.length));
    this.held += granted;
    for (const [index, answer] of asking.entries()) answer(index < granted);
  }

  private async request(wanted: number): Promise<Claim> {
    const { held, limit, leaseMs } = this;
    const number = ++this.reports;
    const answer: unknown = await this.link.run((client) =>
      client.eval(CLAIM, 1, this.keys.slots, this.replica, number, held, wanted, limit, leaseMs),
    );
    if (!Array.isArray(answer) || answer.length !== 3 || !answer.every(Number.isSafeInteger))
      throw new Error('the answer is none');
    const [granted, others, replicas] = answer as [number, number, number];
    return { granted, others, replicas };
  }

  private failed(problem: string): void {
    if (!this.link.up || problem === this.problem) return;
    this.problem = problem;
    this.logger.warn(`Session slots are not counted with other replicas: ${problem}. It is tried again`);
  }

  private solved(): void {
    if (this.problem !== undefined) this.logger.log('Session slots are counted with other replicas again');
    this.problem = undefined;
  }
}
