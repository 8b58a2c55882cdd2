import { Injectable, Logger } from '@nestjs/common';
import { LimitsConfig } from '../config/limits.config.js';
import { Clock, type Timer } from '../kernel/clock.js';
import { messageOf } from '../kernel/errors.js';
import { KeyValueStore } from '../state/store/key-value-store.js';
import { UsageWindow } from './usage-window.js';

/** So often what was used is told to the others, and what they have used is looked at. */
const SHARE_EVERY_MS = 5000;
const MAX_TENANTS = 10_000;

const MINUTE_MS = 60_000;
const FIVE_MINUTES_MS = 5 * MINUTE_MS;
const HOUR_MS = 60 * MINUTE_MS;

/** One client's part in what its tenant uses. */
export interface AudioAccount {
  /** This much audio has come; false when there is none left, and it is not to be heard. */
  spend(durationMs: number): boolean;
  /** Idempotent. */
  close(): void;
}

interface Ledger {
  readonly tenant: string;
  readonly windows: readonly UsageWindow[];
  readonly accounts: Set<() => void>;
  /** Used here, and not told to the others yet. */
  untoldMs: number;
  /** Until the first window is full, as far as is known. */
  leftMs: number;
  sharedAt: number;
  sharing: Promise<void> | undefined;
  timer: Timer | undefined;
}

/**
 * How much audio the callers of each tenant may send in any hour and any day: AUDIO_MINUTES_PER_HOUR and …_PER_DAY. It is
 * counted together by all replicas that share a store; while that is away each goes on with what it knows.
 */
@Injectable()
export class AudioBudget {
  private readonly logger = new Logger('Limits');
  private readonly ledgers = new Map<string, Ledger>();

  constructor(
    private readonly config: LimitsConfig,
    private readonly store: KeyValueStore,
    private readonly clock: Clock,
  ) {}

  get isLimited(): boolean {
    return this.config.audioMinutesPerHour > 0 || this.config.audioMinutesPerDay > 0;
  }

  /** After how many seconds the tenant has some again; undefined if it has some now. Never rejects. */
  async exhaustedFor(tenant: string): Promise<number | undefined> {
    if (!this.isLimited) return undefined;
    const ledger = this.ledgerOf(tenant);
    if (this.clock.now() - ledger.sharedAt >= SHARE_EVERY_MS) await this.share(ledger);
    const now = this.clock.wallTime();
    ledger.leftMs = leftOf(ledger, now);
    if (ledger.leftMs > 0) return undefined;
    const freeInMs = Math.max(...ledger.windows.map((window) => window.freeInMs(now, ledger.untoldMs)));
    return Math.max(1, Math.ceil(freeInMs / 1000));
  }

  /** For one client. @param onSpent nothing is left. */
  open(tenant: string, onSpent: () => void): AudioAccount | undefined {
    if (!this.isLimited) return undefined;
    const ledger = this.ledgerOf(tenant);
    ledger.accounts.add(onSpent);
    this.shareLater(ledger);
    return {
      spend: (durationMs) => this.spend(ledger, durationMs),
      close: () => {
        ledger.accounts.delete(onSpent);
        if (ledger.accounts.size > 0) return;
        ledger.timer?.cancel();
        ledger.timer = undefined;
        if (ledger.untoldMs > 0) void this.share(ledger);
      },
    };
  }

  private spend(ledger: Ledger, durationMs: number): boolean {
    if (ledger.leftMs <= 0) return false;
    ledger.untoldMs += durationMs;
    ledger.leftMs -= durationMs;
    if (ledger.leftMs <= 0) this.tellSpent(ledger);
    return true;
  }

  private tellSpent(ledger: Ledger): void {
    this.logger.warn(`Tenant "${ledger.tenant}" has used up its audio`);
    for (const onSpent of ledger.accounts) onSpent();
  }

  private ledgerOf(tenant: string): Ledger {
    const known = this.ledgers.get(tenant);
    if (known) return known;
    const { audioMinutesPerHour: anHour, audioMinutesPerDay: aDay } = this.config;
    const windows = [
      ...(anHour > 0 ? [new UsageWindow('hour', HOUR_MS, FIVE_MINUTES_MS, anHour * MINUTE_MS)] : []),
      ...(aDay > 0 ? [new UsageWindow('day', 24 * HOUR_MS, HOUR_MS, aDay * MINUTE_MS)] : []),
    ];
    const leftMs = Math.min(...windows.map(({ limitMs }) => limitMs));
    const ledger: Ledger = {
      tenant,
      windows,
      accounts: new Set(),
      untoldMs: 0,
      leftMs,
      sharedAt: -Infinity,
      sharing: undefined,
      timer: undefined,
    };
    this.forgetIdle();
    this.ledgers.set(tenant, ledger);
    return ledger;
  }

  private forgetIdle(): void {
    if (this.ledgers.size < MAX_TENANTS) return;
    for (const [tenant, { accounts, untoldMs }] of this.ledgers)
      if (accounts.size === 0 && untoldMs === 0) this.ledgers.delete(tenant);
  }

  private shareLater(ledger: Ledger): void {
    ledger.timer ??= this.clock.setTimeout(() => {
      ledger.timer = undefined;
      void this.share(ledger).then(() => ledger.accounts.size > 0 && this.shareLater(ledger));
    }, SHARE_EVERY_MS);
  }

  private share(ledger: Ledger): Promise<void> {
    return (ledger.sharing ??= this.exchange(ledger).finally(() => (ledger.sharing = undefined)));
  }

  /** Never rejects: what could not be told is told the next time. */
  private async exchange(ledger: Ledger): Promise<void> {
    const now = this.clock.wallTime();
    const toldMs = Math.round(ledger.untoldMs);
    ledger.sharedAt = this.clock.now();
    try {
      await Promise.all(ledger.windows.map((window) => this.exchangeWindow(ledger.tenant, window, now, toldMs)));
      ledger.untoldMs = Math.max(0, ledger.untoldMs - toldMs);
    } catch (error) {
      this.logger.warn(`What audio tenants use cannot be counted together: ${messageOf(error)}`);
    }
    const hadSome = ledger.leftMs > 0;
    ledger.leftMs = leftOf(ledger, now);
    if (hadSome && ledger.leftMs <= 0) this.tellSpent(ledger);
  }

  private async exchangeWindow(tenant: string, window: UsageWindow, now: number, toldMs: number): Promise<void> {
    const keyOf = (bucket: number): string => `audio-use:${window.name}:${tenant}:${bucket}`;
    const [current, ...others] = window.bucketsAt(now);
    const counted =
      toldMs > 0 ? this.store.add(keyOf(current!), toldMs, window.keptMs) : this.store.get(keyOf(current!));
    const counts = await Promise.all([counted, ...others.map((bucket) => this.store.get(keyOf(bucket)))]);
    window.replace(new Map([current!, ...others].map((bucket, index) => [bucket, Number(counts[index] ?? 0)])));
  }
}

function leftOf({ windows, untoldMs }: Ledger, now: number): number {
  return Math.min(...windows.map((window) => window.leftMs(now))) - untoldMs;
}
