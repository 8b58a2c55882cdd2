import { Logger } from '@nestjs/common';
import { RedisConfig } from '../../src/config/redis.config.js';
import { type Clock, SystemClock } from '../../src/kernel/clock.js';
import { RedisState } from '../../src/state/redis/redis-state.js';
import { Replica } from '../../src/state/replica.js';
import { SessionDirectory } from '../../src/state/session-directory.js';
import { type LiveSession, SessionRegistry } from '../../src/state/session-registry.js';
import { SessionSlots } from '../../src/state/session-slots.js';

export interface TestReplica {
  readonly id: string;
  readonly state: RedisState;
  readonly registry: SessionRegistry;
  readonly directory: SessionDirectory;
  readonly slots: SessionSlots;
}

export interface TestReplicaOptions {
  readonly redis?: Partial<RedisConfig>;
  readonly capacity?: number;
  readonly clock?: Clock;
}

/** The shared state of several replicas in this process, without the rest of them. */
export class Replicas {
  private readonly started: TestReplica[] = [];

  constructor(private readonly url: () => string) {}

  async start({
    redis = {},
    capacity = 100,
    clock = new SystemClock(),
  }: TestReplicaOptions = {}): Promise<TestReplica> {
    const config: RedisConfig = { ...usual, url: this.url(), ...redis };
    const replica = new Replica();
    const registry = new SessionRegistry();
    const state = new RedisState({ config, replica: replica.id, registry, clock });
    const directory = new SessionDirectory(registry, replica, state);
    const slots = new SessionSlots({ capacity, queue: 10 }, clock, state.slotGate);
    await state.start(new AbortController().signal);
    const started = { id: replica.id, state, registry, directory, slots };
    this.started.push(started);
    return started;
  }

  async stop(): Promise<void> {
    await Promise.all(this.started.splice(0).map(({ state }) => state.stop()));
  }
}

const usual = {
  url: '',
  prefix: 'parley',
  maxSessions: 0,
  leaseMs: 1000,
  connectTimeoutMs: 1000,
  commandTimeoutMs: 300,
  answerTimeoutMs: 2000,
} satisfies RedisConfig;

/** A session of which nothing is real but its place in the registry. */
export class TestSession implements LiveSession {
  closedAs: string | undefined;

  turns = 0;
  paused = false;

  private constructor(
    readonly id: string,
    private readonly registry: SessionRegistry,
  ) {}

  static begin(id: string, { registry }: Pick<TestReplica, 'registry'>): TestSession {
    const session = new TestSession(id, registry);
    registry.add(session);
    return session;
  }

  describe() {
    return {
      session_id: this.id,
      kind: 'voice' as const,
      tenant: 'acme',
      agent: 'concierge',
      scenario: 'banking',
      started_at: '2026-11-20T10:00:00.000Z',
      duration_ms: 1000,
      turns: this.turns,
      state: 'IDLE',
      active_tasks: { listener: 'running' },
    };
  }

  pause(): void {
    this.paused = true;
  }

  resume(): void {
    this.paused = false;
  }

  close(reason: string): Promise<void> {
    this.closedAs = reason;
    this.registry.remove(this.id);
    return Promise.resolve();
  }
}

/** What is logged from now on in this process, which is no longer printed. */
export function recordLog(): string[] {
  const lines: string[] = [];
  const record = (line: unknown): void => void lines.push(String(line));
  Logger.overrideLogger({ log: record, warn: record, error: record, debug: record, verbose: record, fatal: record });
  return lines;
}

/** Resolves once `is` holds; fails with `what` after `withinMs`. */
export async function until(what: string, is: () => boolean | Promise<boolean>, withinMs = 10_000): Promise<void> {
  const giveUpAt = performance.now() + withinMs;
  while (!(await is())) {
    if (performance.now() > giveUpAt) throw new Error(`not within ${withinMs} ms: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}
