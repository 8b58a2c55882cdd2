import { Injectable } from '@nestjs/common';
import { z } from 'zod';
import { Clock } from '../kernel/clock.js';
import { KeyValueStore } from './store/key-value-store.js';

/** What calls of a tenant get that name neither an agent nor a scenario. */
export interface Override {
  readonly scenario?: string | undefined;
  readonly agent?: string | undefined;
}

/** An override that is in effect. */
export interface CurrentOverride extends Override {
  /** Wall-clock ms since 1970. */
  readonly until: number;
}

/** So old may be what a replica knows: that long a change takes to be everywhere. */
const KNOWN_FOR_MS = 2000;
/** More tenants than this are asked for again. */
const MAX_KNOWN = 1000;

const kept = z.object({ scenario: z.string().optional(), agent: z.string().optional(), until: z.number() });

interface Known {
  readonly override: CurrentOverride | undefined;
  readonly readAt: number;
}

/** Default agent and scenario of a tenant, which an operator sets at run time for all replicas, for a while. */
@Injectable()
export class Overrides {
  private readonly known = new Map<string, Known>();
  private readonly reading = new Map<string, Promise<CurrentOverride | undefined>>();

  constructor(
    private readonly store: KeyValueStore,
    private readonly clock: Clock,
  ) {}

  /**
   * For a call that is let in: at most two seconds old. Never rejects: while the store cannot be reached, it is what was
   * known last, until that is over.
   */
  async current(tenant: string): Promise<CurrentOverride | undefined> {
    const known = this.known.get(tenant);
    if (known && this.clock.now() - known.readAt < KNOWN_FOR_MS) return this.unlessOver(known.override);
    return await this.readOnce(tenant).catch(() => {
      // Nor is it tried again for each call.
      this.remember(tenant, known?.override);
      return this.unlessOver(known?.override);
    });
  }

  /** As it is in the store. Rejects with `state_unavailable`. */
  async read(tenant: string): Promise<CurrentOverride | undefined> {
    const override = this.unlessOver(parsed(await this.store.get(keyOf(tenant))));
    this.remember(tenant, override);
    return override;
  }

  /** Replaces the one before. Rejects with `state_unavailable`; then it is not known whether it is in effect. */
  async set(tenant: string, { scenario, agent }: Override, ttlMs: number): Promise<CurrentOverride> {
    const override = { scenario, agent, until: this.clock.wallTime() + ttlMs };
    await this.store.set(keyOf(tenant), JSON.stringify(override), ttlMs);
    this.remember(tenant, override);
    return override;
  }

  /** Rejects as `set` does. */
  async clear(tenant: string): Promise<void> {
    await this.store.delete(keyOf(tenant));
    this.remember(tenant, undefined);
  }

  /** However many calls come at a time. */
  private readOnce(tenant: string): Promise<CurrentOverride | undefined> {
    const under = this.reading.get(tenant);
    if (under) return under;
    const reading = this.read(tenant).finally(() => this.reading.delete(tenant));
    this.reading.set(tenant, reading);
    return reading;
  }

  private remember(tenant: string, override: CurrentOverride | undefined): void {
    this.known.delete(tenant);
    this.known.set(tenant, { override, readAt: this.clock.now() });
    const [oldest] = this.known.keys();
    if (this.known.size > MAX_KNOWN) this.known.delete(oldest!);
  }

  private unlessOver(override: CurrentOverride | undefined): CurrentOverride | undefined {
    return override && override.until > this.clock.wallTime() ? override : undefined;
  }
}

function keyOf(tenant: string): string {
  return `override:${tenant}`;
}

/** Rubbish overrides nothing. */
function parsed(text: string | undefined): CurrentOverride | undefined {
  try {
    return text === undefined ? undefined : kept.safeParse(JSON.parse(text)).data;
  } catch {
    return undefined;
  }
}
