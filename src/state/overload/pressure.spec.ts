import { describe, expect, it, jest } from '@jest/globals';
import { Logger } from '@nestjs/common';
import type { InferenceSource } from './inference-load.js';
import { SAMPLES, WatchedProcess } from './testing/watched-process.js';

jest.spyOn(Logger.prototype, 'warn').mockImplementation(() => undefined);
jest.spyOn(Logger.prototype, 'log').mockImplementation(() => undefined);

describe('the pressure of queues', () => {
  it('is nothing while audio is taken as it comes', async () => {
    const process = new WatchedProcess();
    await process.run(8, () => true, 3000);
    expect(process.monitor.status().measured).toMatchObject({ pressure: 0, sources: [{ depth: 0, sessions: 8 }, {}] });
  });

  it('is full when nothing is taken', async () => {
    const process = new WatchedProcess();
    await process.run(8, () => false, 3000);
    expect(process.level).toBe('CRITICAL');
    const [mic] = process.monitor.status().measured.sources;
    expect(mic).toMatchObject({ source: 'mic', fill: 1, depth: 800, capacity: 800, dropped: { overload: 0 } });
    expect(mic!.dropped.queue_full).toBeGreaterThan(0);
  });

  it('is that of the worst source', async () => {
    const process = new WatchedProcess();
    await process.run(8, () => false, 1000, 'system');
    expect(process.monitor.status().measured).toMatchObject({ pressure: 0.98, sources: [{ fill: 0 }, { fill: 0.98 }] });
  });

  it('does not rise over one session, nor over three that are ill among few', async () => {
    const alone = new WatchedProcess();
    await alone.run(1, () => false, 10_000);
    expect(alone.level).toBe('NORMAL');
    expect(alone.monitor.status().measured.shares.queues).toBeCloseTo(0.2, 2);
    const few = new WatchedProcess();
    await few.run(4, (session) => session > 2, 10_000);
    expect(few.level).toBe('NORMAL');
    expect(few.monitor.status().measured.shares.queues).toBeCloseTo(0.6, 2);
  });

  it('rises over one session where there can be no more', async () => {
    const process = new WatchedProcess(1);
    await process.run(1, () => false, 3000);
    expect(process.level).toBe('CRITICAL');
  });

  it('does not rise over a client that sends a minute of audio at once', async () => {
    const process = new WatchedProcess(1);
    const session = process.queues.open({ use: 'conversation', sources: ['mic'], sampleRate: 8000 });
    for (let i = 0; i < 3000; i++) {
      session.push('mic', new Int16Array(SAMPLES));
      if (i < 150) session.take('mic');
    }
    await process.clock.advance(4000);
    expect(session.counts('mic')).toMatchObject({ depth: 100 });
    expect(process.monitor.status().measured.pressure).toBe(0);
  });

  it('forgets a session that is over, but not what it lost', async () => {
    const process = new WatchedProcess();
    const sessions = await process.run(8, () => false, 3000);
    for (const session of sessions) session.close();
    await process.clock.advance(500);
    const [mic] = process.monitor.status().measured.sources;
    expect(mic).toMatchObject({ sessions: 0, depth: 0, fill: 0, ageMs: 0, dropped: { queue_full: 400, overload: 0 } });
  });
});

describe('the pressure of inference', () => {
  const recogniser = { name: 'stt', realTimeFactor: 0.1, waiting: 0 };
  const watched = (source: InferenceSource, workers = 1): WatchedProcess => {
    const process = new WatchedProcess();
    process.monitor.watchInference(source, workers);
    return process;
  };

  it('counts those who wait: with a factor of 0.1, one worker follows ten callers', async () => {
    const source = { ...recogniser, waiting: 9 };
    const process = watched(source);
    await process.clock.advance(2000);
    expect(process.monitor.status().measured.shares.inference).toBeCloseTo(1);
    expect(process.level).toBe('CRITICAL');
    const shared = watched(source, 3);
    await shared.clock.advance(2000);
    expect(shared.monitor.status().measured.shares.inference).toBeCloseTo(0.4);
  });

  it('does not count those who come at once and are soon served', async () => {
    const source = { ...recogniser, waiting: 0 };
    const process = watched(source);
    for (let i = 0; i < 10; i++) {
      source.waiting = i % 3 === 0 ? 1 : 30;
      await process.clock.advance(500);
    }
    expect(process.monitor.status().measured.shares.inference).toBeCloseTo(0.2);
    expect(process.changes).toEqual([]);
  });

  it('is forgotten when nothing is recognised any more, so that it does not keep callers out for ever', async () => {
    const source = { ...recogniser, realTimeFactor: 2 };
    const process = watched(source);
    await process.clock.advance(14_000);
    expect(process.level).toBe('OVERLOADED');
    await process.clock.advance(2000);
    expect(process.monitor.status().measured.inference).toMatchObject([{ idle: true, share: 0, realTimeFactor: 2 }]);
    await process.clock.advance(120_000);
    expect(process.level).toBe('NORMAL');
    source.realTimeFactor = 1.9;
    await process.clock.advance(500);
    expect(process.level).toBe('CRITICAL');
  });

  it('is not forgotten while somebody waits, or is being measured', async () => {
    const clogged = watched({ ...recogniser, waiting: 20 });
    await clogged.clock.advance(60_000);
    expect(clogged.monitor.status().measured.inference[0]?.idle).toBe(false);
    const steady = { ...recogniser, measuredAt: 0 };
    const process = watched(steady);
    await process.clock.advance(14_000);
    steady.measuredAt = 14_000;
    await process.clock.advance(14_000);
    expect(process.monitor.status().measured.shares.inference).toBeCloseTo(0.1);
  });

  it('is the worst of all sources, and a broken one hides no other', async () => {
    const process = watched({ ...recogniser, realTimeFactor: NaN });
    const stop = process.monitor.watchInference({ ...recogniser, realTimeFactor: 0.8 }, 1);
    await process.clock.advance(500);
    expect(process.level).toBe('WARNING');
    stop();
    await process.clock.advance(500);
    expect(process.monitor.status().measured.pressure).toBe(0);
  });
});
