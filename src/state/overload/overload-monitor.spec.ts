import { afterEach, describe, expect, it, jest } from '@jest/globals';
import { Logger } from '@nestjs/common';
import type { AudioSource } from '../../audio/source-queues.js';
import type { OverloadConfig } from '../../config/overload.config.js';
import { ManualClock } from '../../kernel/clock.js';
import { SessionSlots } from '../session-slots.js';
import { AudioQueues } from './audio-queues.js';
import { EventLoopProbe } from './event-loop-probe.js';
import type { InferenceSource } from './inference-load.js';
import { type LevelChange, OverloadMonitor } from './overload-monitor.js';

const config: OverloadConfig = { sampleMs: 500, eventLoopDelayMs: 100, afterMs: 5000, recoveryMs: 30_000 };
const never = new AbortController().signal;
const SAMPLES = 160;

class ScriptedProbe extends EventLoopProbe {
  delayMs = 0;
  running = false;

  start(): void {
    this.running = true;
  }

  read(): number {
    return this.delayMs;
  }

  stop(): void {
    this.running = false;
  }
}

class Process {
  readonly clock = new ManualClock();
  readonly probe = new ScriptedProbe();
  readonly queues = new AudioQueues(this.clock);
  readonly slots: SessionSlots;
  readonly monitor: OverloadMonitor;
  readonly changes: LevelChange[] = [];

  constructor(maxSessions = 100) {
    this.slots = new SessionSlots(maxSessions, this.clock);
    this.monitor = new OverloadMonitor(config, this.clock, this.probe, this.queues, this.slots);
    this.monitor.onChange((change) => this.changes.push(change));
    this.monitor.start();
  }

  get level(): string {
    return this.monitor.level;
  }

  /** Sessions whose audio comes in real time for `forMs`, and is taken or not. */
  async run(sessions: number, taken: (session: number) => boolean, forMs: number, source: AudioSource = 'mic') {
    const open = Array.from({ length: sessions }, () =>
      this.queues.open({ use: 'conversation', sources: [source], sampleRate: 8000 }),
    );
    for (let ms = 0; ms < forMs; ms += 20) {
      await this.clock.advance(20);
      open.forEach((queues, i) => {
        queues.push(source, new Int16Array(SAMPLES));
        if (taken(i)) queues.take(source);
      });
    }
    return open;
  }
}

const warnings = jest.spyOn(Logger.prototype, 'warn').mockImplementation(() => undefined);
jest.spyOn(Logger.prototype, 'log').mockImplementation(() => undefined);
afterEach(() => {
  warnings.mockClear();
});

describe('the overload monitor', () => {
  it('measures by itself, every half second', async () => {
    const { clock, probe, monitor } = new Process();
    probe.delayMs = 40;
    expect(monitor.status().measured.pressure).toBe(0);
    await clock.advance(500);
    expect(monitor.status().measured).toMatchObject({ at: 500, pressure: 0.4, eventLoopDelayMs: 40 });
    probe.delayMs = 20;
    await clock.advance(500);
    expect(monitor.status().measured.shares).toEqual({ queues: 0, event_loop: 0.2, inference: 0 });
  });

  it('tells of each change, with what led to it and how long the level before lasted', async () => {
    const { clock, probe, changes, monitor } = new Process();
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
    const { clock, probe, changes, monitor } = new Process();
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
    const { clock, probe, slots } = new Process(1);
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
    const { clock, probe, slots } = new Process(1);
    const held = await slots.acquire(0, never);
    const waiting = slots.acquire(60_000, never);
    probe.delayMs = 200;
    await clock.advance(5000);
    held.release();
    await clock.advance(10_000);
    (await waiting).release();
  });

  it('has audio refused by level: the other leg first, then what is only written down, a conversation never', async () => {
    const { clock, probe, queues } = new Process();
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
    const { clock, probe, changes, monitor } = new Process();
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

describe('the pressure of queues', () => {
  it('is nothing while audio is taken as it comes', async () => {
    const process = new Process();
    await process.run(8, () => true, 3000);
    expect(process.monitor.status().measured).toMatchObject({ pressure: 0, sources: [{ depth: 0, sessions: 8 }, {}] });
  });

  it('is full when nothing is taken', async () => {
    const process = new Process();
    await process.run(8, () => false, 3000);
    expect(process.level).toBe('CRITICAL');
    const [mic] = process.monitor.status().measured.sources;
    expect(mic).toMatchObject({ source: 'mic', fill: 1, depth: 800, capacity: 800, dropped: { overload: 0 } });
    expect(mic!.dropped.queue_full).toBeGreaterThan(0);
  });

  it('is that of the worst source', async () => {
    const process = new Process();
    await process.run(8, () => false, 1000, 'system');
    expect(process.monitor.status().measured).toMatchObject({ pressure: 0.98, sources: [{ fill: 0 }, { fill: 0.98 }] });
  });

  it('does not rise over one session, nor over three that are ill among few', async () => {
    const alone = new Process();
    await alone.run(1, () => false, 10_000);
    expect(alone.level).toBe('NORMAL');
    expect(alone.monitor.status().measured.shares.queues).toBeCloseTo(0.2, 2);
    const few = new Process();
    await few.run(4, (session) => session > 2, 10_000);
    expect(few.level).toBe('NORMAL');
    expect(few.monitor.status().measured.shares.queues).toBeCloseTo(0.6, 2);
  });

  it('rises over one session where there can be no more', async () => {
    const process = new Process(1);
    await process.run(1, () => false, 3000);
    expect(process.level).toBe('CRITICAL');
  });

  it('does not rise over a client that sends a minute of audio at once', async () => {
    const process = new Process(1);
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
    const process = new Process();
    const sessions = await process.run(8, () => false, 3000);
    for (const session of sessions) session.close();
    await process.clock.advance(500);
    const [mic] = process.monitor.status().measured.sources;
    expect(mic).toMatchObject({ sessions: 0, depth: 0, fill: 0, ageMs: 0, dropped: { queue_full: 400, overload: 0 } });
  });
});

describe('the pressure of inference', () => {
  const recogniser = { name: 'stt', realTimeFactor: 0.1, waiting: 0 };
  const watched = (source: InferenceSource, workers = 1): Process => {
    const process = new Process();
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
