import { describe, expect, it, jest } from '@jest/globals';
import { Logger } from '@nestjs/common';
import { LimitsConfig } from '../config/limits.config.js';
import { ManualClock } from '../kernel/clock.js';
import { ParleyError } from '../kernel/errors.js';
import { MemoryKeyValueStore } from '../state/store/memory-key-value-store.js';
import { AudioBudget } from './audio-budget.js';

const MINUTE_MS = 60_000;

class AwayStore extends MemoryKeyValueStore {
  isAway = false;

  override get(key: string): Promise<string | undefined> {
    return this.isAway ? Promise.reject(new ParleyError('state_unavailable', 'away', true)) : super.get(key);
  }

  override add(key: string, amount: number, ttlMs: number): Promise<number> {
    return this.isAway
      ? Promise.reject(new ParleyError('state_unavailable', 'away', true))
      : super.add(key, amount, ttlMs);
  }
}

function setUp(limits: Partial<LimitsConfig>, replicas = 1) {
  jest.spyOn(Logger.prototype, 'warn').mockImplementation(() => undefined);
  const clock = new ManualClock();
  const store = new AwayStore(clock);
  const config = Object.assign(new LimitsConfig(), { audioMinutesPerHour: 0, audioMinutesPerDay: 0, ...limits });
  const budgets = Array.from({ length: replicas }, () => new AudioBudget(config, store, clock));
  /** Talks in real time, in pieces of 1 s; how much of it was heard, ms. */
  const talk = async (budget: AudioBudget, forMs: number, onSpent: () => void = () => undefined): Promise<number> => {
    const account = budget.open('acme', onSpent)!;
    let heardMs = 0;
    for (let said = 0; said < forMs; said += 1000) {
      await clock.advance(1000);
      if (account.spend(1000)) heardMs += 1000;
    }
    account.close();
    await clock.advance(0);
    return heardMs;
  };
  return { clock, store, budget: budgets[0]!, budgets, talk };
}

describe('the audio that a tenant may use', () => {
  it('is not counted without a limit', async () => {
    const { budget, clock } = setUp({});
    expect(budget.open('acme', () => undefined)).toBeUndefined();
    expect(await budget.exhaustedFor('acme')).toBeUndefined();
    expect(clock.pending).toBe(0);
  });

  it('ends for all calls of the tenant when it is used up, and for nobody else', async () => {
    const { budget, talk } = setUp({ audioMinutesPerHour: 2 });
    let othersTold = 0;
    let told = 0;
    budget.open('acme', () => told++);
    budget.open('other', () => othersTold++);
    expect(await talk(budget, 3 * MINUTE_MS)).toBe(2 * MINUTE_MS);
    expect([told, othersTold]).toEqual([1, 0]);
    expect(await budget.exhaustedFor('other')).toBeUndefined();
  });

  it('refuses new calls until enough of it is an hour ago, and says when that is', async () => {
    const { budget, clock, talk } = setUp({ audioMinutesPerHour: 2 });
    await talk(budget, 3 * MINUTE_MS);
    const retryAfter = (await budget.exhaustedFor('acme'))!;
    expect(retryAfter).toBeGreaterThan(55 * 60);
    expect(retryAfter).toBeLessThanOrEqual(65 * 60);
    await clock.advance((retryAfter - 1) * 1000);
    expect(await budget.exhaustedFor('acme')).toBeGreaterThan(0);
    await clock.advance(2000);
    expect(await budget.exhaustedFor('acme')).toBeUndefined();
  });

  it('counts a day and an hour, whichever is full first', async () => {
    const { budget, clock, talk } = setUp({ audioMinutesPerHour: 2, audioMinutesPerDay: 3 });
    expect(await talk(budget, 2 * MINUTE_MS)).toBe(2 * MINUTE_MS);
    await clock.advance(70 * MINUTE_MS);
    expect(await budget.exhaustedFor('acme')).toBeUndefined();
    expect(await talk(budget, 2 * MINUTE_MS)).toBe(MINUTE_MS);
    await clock.advance(70 * MINUTE_MS);
    expect(await budget.exhaustedFor('acme')).toBeGreaterThan(3600);
    await clock.advance(25 * 60 * MINUTE_MS);
    expect(await budget.exhaustedFor('acme')).toBeUndefined();
  });

  it('is one for all replicas: what one has used the other has not got', async () => {
    const { budgets, talk } = setUp({ audioMinutesPerHour: 2 }, 2);
    const [first, second] = budgets as [AudioBudget, AudioBudget];
    await talk(first, MINUTE_MS);
    let told = 0;
    expect(await talk(first, 2 * MINUTE_MS, () => told++)).toBe(MINUTE_MS);
    expect(told).toBe(1);
    expect(await second.exhaustedFor('acme')).toBeGreaterThan(0);
  });

  it('is found out to be used up by others within 5 s, in a call that is under way', async () => {
    const { budgets, clock, talk } = setUp({ audioMinutesPerHour: 2 }, 2);
    const [first, second] = budgets as [AudioBudget, AudioBudget];
    let told = 0;
    second.open('acme', () => told++);
    await talk(first, 2 * MINUTE_MS);
    await clock.advance(5000);
    expect(told).toBe(1);
  });

  it('is counted here while the store is away, and together afterwards', async () => {
    const { budgets, clock, store, talk } = setUp({ audioMinutesPerHour: 2 }, 2);
    const [first, second] = budgets as [AudioBudget, AudioBudget];
    store.isAway = true;
    expect(await talk(first, 90_000)).toBe(90_000);
    expect(await second.exhaustedFor('acme')).toBeUndefined();
    expect(await talk(first, MINUTE_MS)).toBe(30_000);
    store.isAway = false;
    await clock.advance(5000);
    expect(await first.exhaustedFor('acme')).toBeGreaterThan(0);
    await clock.advance(5000);
    expect(await second.exhaustedFor('acme')).toBeGreaterThan(0);
  });

  it('leaves no timer behind when the last call is over', async () => {
    const { budget, clock, talk } = setUp({ audioMinutesPerHour: 2 });
    await talk(budget, 10_000);
    expect(clock.pending).toBe(0);
  });
});
