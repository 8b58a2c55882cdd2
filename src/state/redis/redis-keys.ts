/** Every name in Redis; each script and transaction takes one key only, so that they may lie anywhere. */
export class RedisKeys {
  constructor(private readonly prefix: string) {}

  /** Sorted set: id of each live replica, until when it is (Redis' own time, ms). */
  get replicas(): string {
    return `${this.prefix}:replicas`;
  }

  /** Hash: id of a replica, `<slots held>:<number of the report>:<until when it counts>`. */
  get slots(): string {
    return `${this.prefix}:slots`;
  }

  /** Hash: the live sessions of a replica, id and summary. */
  sessionsOf(replica: string): string {
    return `${this.prefix}:sessions:${replica}`;
  }

  /** Channel on which a replica listens. */
  inboxOf(replica: string): string {
    return `${this.prefix}:to:${replica}`;
  }

  /** Written by each new connection, to see that it can be. */
  probeOf(replica: string): string {
    return `${this.prefix}:probe:${replica}`;
  }

  value(key: string): string {
    return `${this.prefix}:value:${key}`;
  }
}
