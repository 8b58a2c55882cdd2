import type { RedisConfig } from '../../config/redis.config.js';
import type { Clock } from '../../kernel/clock.js';
import type { SessionRegistry } from '../session-registry.js';
import { type Peers, SharedState } from '../shared-state.js';
import { RedisKeyValueStore } from './redis-key-value-store.js';
import { RedisKeys } from './redis-keys.js';
import { RedisLink } from './redis-link.js';
import { RedisMailbox } from './redis-mailbox.js';
import { RedisSessionIndex } from './redis-session-index.js';
import { RedisSlotShare } from './redis-slot-share.js';

export interface RedisStateOptions {
  readonly config: RedisConfig;
  /** Of this process. */
  readonly replica: string;
  readonly registry: SessionRegistry;
  readonly clock: Clock;
}

/** State that all replicas share, in Redis. */
export class RedisState extends SharedState {
  readonly place: string;
  readonly store: RedisKeyValueStore;
  readonly peers: Peers;
  readonly slotGate: RedisSlotShare | undefined;
  private readonly link: RedisLink;
  private readonly index: RedisSessionIndex;
  private readonly mailbox: RedisMailbox;

  constructor({ config, replica, registry, clock }: RedisStateOptions) {
    super();
    const keys = new RedisKeys(config.prefix);
    const { leaseMs, answerTimeoutMs, maxSessions } = config;
    this.link = new RedisLink(config, keys, replica, clock);
    this.place = `state in Redis, ${this.link.address}`;
    this.store = new RedisKeyValueStore(this.link, keys);
    this.index = new RedisSessionIndex(this.link, keys, registry, replica, leaseMs, clock);
    this.mailbox = new RedisMailbox(this.link, keys, replica, answerTimeoutMs, clock);
    if (maxSessions > 0) this.slotGate = new RedisSlotShare(this.link, keys, replica, maxSessions, leaseMs, clock);
    this.peers = {
      sessions: () => this.index.sessions(),
      find: (sessionId) => this.index.find(sessionId),
      ask: (other, request) => this.mailbox.ask(other, request),
      serve: (answer) => this.mailbox.serve(answer),
    };
  }

  async start(signal: AbortSignal): Promise<void> {
    await this.link.start(signal);
    await Promise.all([this.index.start(), this.slotGate?.start()]);
  }

  async stop(): Promise<void> {
    await Promise.all([this.index.stop(), this.slotGate?.stop()]);
    await this.mailbox.close();
    await this.link.close();
  }

  async check(): Promise<Record<string, unknown>> {
    const responseMs = await this.link.check();
    const { slotGate } = this;
    return {
      configured: true,
      ping_ms: Math.round(responseMs * 100) / 100,
      replicas: this.index.replicas,
      ...(slotGate ? { cluster_sessions: slotGate.total, max_cluster_sessions: slotGate.limit } : {}),
    };
  }
}
