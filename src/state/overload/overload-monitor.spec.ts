import { afterEach, describe, expect, it, jest } from '@jest/globals';
import { Logger } from '@nestjs/common';
import { SAMPLES, WatchedProcess } from './testing/watched-process.js';

const never = new AbortController().signal;
const warnings = jest.spyOn(Logger.prototype, 'warn').mockImplementation(() => undefined);
jest.spyOn(Logger.prototype, 'log').mockImplementation(() => undefined);
afterEach(() => {
  warnings.mockClear();
});

describe('the overload monitor', () => {
  it('measures by itself, every half second', async () => {
    const { clock, probe, monitor } = new WatchedProcess();
    probe.delayMs = 40;
    expect(monitor.status().measured.pressure).toBe(0);
    await clock.advance(500);
    expect(monitor.status().measured).toMatchObject({ at: 500, pressure: 0.4, eventLoopDelayMs: 40 });
    probe.delayMs = 20;
    await clock.advance(500);
    expect(monitor.status().measured.shares).toEqual({ queues: 0, event_loop: 0.2, inference: 0 });
  });

  it('tells of each change, with what led to it and how long the level before lasted', async () => {
    const { clock, probe, changes, monitor } = new WatchedProcess();
    await clock.advance(2000);
    probe.delayMs = 96;
    await clock.advance(5500);
    probe.delayMs = 0;
    await clock.advance(30_500);
    expect(changes).toEqual([
      {
        from: 'NORMAL',
        to: 'CRITICAL',
        at: clock.wallTime() - 35_500,
        pressure: 0.96,
        shares: { queues: 0, event_loop: 0.96, inference: 0 },
        lastedMs: 2500,
      },
      expect.objectContaining({ from: 'CRITICAL', to: 'OVERLOADED', lastedMs: 5000 }),
      expect.objectContaining({ from: 'OVERLOADED', to: 'CRITICAL', lastedMs: 30_500, pressure: 0 }),
    ]);
    expect(monitor.status()).toMatchObject({
      level: 'CRITICAL',
      since: clock.wallTime(),
      inLevelMs: 0,
      calmNeededMs: 30_000,
      history: changes,
    });
    expect(warnings.mock.calls.flat()).toEqual([
      'CRITICAL after 2500 ms NORMAL: pressure 0.96 (queues 0.00, event_loop 0.96, inference 0.00)',
      'OVERLOADED after 5000 ms CRITICAL: pressure 0.96 (queues 0.00, event_loop 0.96, inference 0.00)',
    ]);
  });

  it('keeps the newest 20 changes', async () => {
    const { clock, probe, changes, monitor } = new WatchedProcess();
    for (let i = 0; i < 15; i++) {
      probe.delayMs = 80;
      await clock.advance(500);
      probe.delayMs = 0;
      await clock.advance(31_000);
    }
    expect(changes).toHaveLength(30);
    expect(monitor.status().history).toEqual(changes.slice(-20));
  });

  it('refuses sessions while OVERLOADED, also those who wait, and takes them again by itself', async () => {
    const { clock, probe, slots } = new WatchedProcess(1);
    const held = await slots.acquire(0, never);
    const waiting = slots.acquire(60_000, never);
    const refused = expect(waiting).rejects.toMatchObject({ code: 'overloaded', retryAfterMs: 30_000 });
    probe.delayMs = 200;
    await clock.advance(5500);
    await refused;
    held.release();
    await expect(slots.acquire(0, never)).rejects.toMatchObject({ code: 'overloaded', retryable: true });
    probe.delayMs = 0;
    await clock.advance(10_500);
    await expect(slots.acquire(0, never)).rejects.toMatchObject({ retryAfterMs: 20_000 });
    expect(slots.refusals.get('overloaded')).toBe(3);
    await clock.advance(20_000);
    (await slots.acquire(0, never)).release();
    expect([slots.active, slots.waiting]).toEqual([0, 0]);
  });

  it('lets a session be that got its slot before', async () => {
    const { clock, probe, slots } = new WatchedProcess(1);
    const held = await slots.acquire(0, never);
    const waiting = slots.acquire(60_000, never);
    probe.delayMs = 200;
    await clock.advance(5000);
    held.release();
    await clock.advance(10_000);
    (await waiting).release();
  });

  it('has audio refused by level: the other leg first, then what is only written down, a conversation never', async () => {
    const { clock, probe, queues } = new WatchedProcess();
    const call = queues.open({ use: 'conversation', sources: ['mic', 'system'], sampleRate: 8000 });
    const listened = queues.open({ use: 'transcription', sources: ['mic', 'system'], sampleRate: 8000 });
    const taken = (): boolean[] =>
      [call, listened].flatMap((session) =>
        (['mic', 'system'] as const).map((source) => session.push(source, new Int16Array(SAMPLES)) === undefined),
      );
    probe.delayMs = 90;
    await clock.advance(500);
    expect(taken()).toEqual([true, true, true, true]);
    probe.delayMs = 100;
    await clock.advance(500);
    expect(taken()).toEqual([true, false, true, false]);
    await clock.advance(5000);
    expect(taken()).toEqual([true, false, false, false]);
    probe.delayMs = 0;
    await clock.advance(30_500);
    expect(taken()).toEqual([true, false, true, false]);
    await clock.advance(30_000);
    expect(taken()).toEqual([true, true, true, true]);
  });

  it('outlives a listener that throws, and one that stops it', async () => {
    const error = jest.spyOn(Logger.prototype, 'error').mockImplementation(() => undefined);
    const { clock, probe, changes, monitor } = new WatchedProcess();
    monitor.onChange(() => {
      throw new Error('no');
    });
    monitor.onChange(() => monitor.stop());
    probe.delayMs = 80;
    await clock.advance(500);
    expect(error).toHaveBeenCalledWith('A listener to the level failed: no');
    expect(changes).toHaveLength(1);
    expect([clock.pending, probe.running]).toEqual([0, false]);
  });
});
