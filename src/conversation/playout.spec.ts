import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { ManualClock } from '../kernel/clock.js';
import { Playout } from './playout.js';

const RATE = 8000;
const FRAME = 160;

function setUp(leadMs = 200) {
  const clock = new ManualClock();
  const log: string[] = [];
  const frames: { at: number; pcm: Int16Array }[] = [];
  const client = { backlogMs: 0 };
  const playout = new Playout(clock, RATE, leadMs, {
    get backlogMs() {
      return client.backlogMs;
    },
    get clientBehind() {
      return client.backlogMs > 2000;
    },
    messageStarted: (_, message) => log.push(`start ${message}`),
    frame: (_, pcm) => frames.push({ at: clock.now(), pcm }),
    messageStopped: (_, message) => log.push(`stop ${message}`),
    sentencePlayed: (_, index) => log.push(`played ${index}`),
  });
  playout.begin('gen_1');
  return { clock, log, frames, client, playout };
}

function audio(durationMs: number, from = 0): Int16Array {
  return Int16Array.from({ length: (durationMs * RATE) / 1000 }, (_, index) => (from + index) % 30_000);
}

function samplesOf(frames: readonly { pcm: Int16Array }[]): number[] {
  return frames.flatMap(({ pcm }) => [...pcm]);
}

describe('Playout', () => {
  it('sends the lead at once and then 20 ms every 20 ms', async () => {
    const { clock, frames, playout } = setUp(200);
    playout.append('gen_1', 'm1', audio(1000));
    expect(frames.length).toBe(10);
    await clock.advance(100);
    expect(frames.length).toBe(15);
    await clock.advance(2000);
    expect(frames.length).toBe(50);
    expect(frames.slice(10).every(({ at }, index) => Math.abs(at - 20 * (index + 1)) <= 20)).toBe(true);
  });

  it('tells that a sentence was heard when the caller has heard it, not when it was sent', async () => {
    const { clock, log, playout } = setUp(200);
    playout.append('gen_1', 'm1', audio(100));
    playout.endSentence('gen_1', 0);
    playout.endGeneration('gen_1');
    await clock.advance(99);
    expect(log).toEqual(['start m1', 'stop m1']);
    await clock.advance(2);
    expect(log).toEqual(['start m1', 'stop m1', 'played 0']);
    expect(clock.pending).toBe(0);
  });

  it('knows what was heard: the clock, never more than was sent', async () => {
    const { clock, playout } = setUp(200);
    playout.append('gen_1', 'm1', audio(500));
    expect(playout.heardMs).toBe(0);
    await clock.advance(130);
    expect(playout.heardMs).toBe(130);
    await clock.advance(5000);
    expect(playout.heardMs).toBe(500);
  });

  it('believes a client that is behind', async () => {
    const { clock, playout } = setUp(200);
    playout.append('gen_1', 'm1', audio(1000));
    await clock.advance(300);
    playout.report('gen_1', 100);
    expect(playout.heardMs).toBe(100);
    await clock.advance(50);
    expect(playout.heardMs).toBe(150);
  });

  it('falls silent at once and goes on from where the caller stopped hearing', async () => {
    const { clock, frames, log, playout } = setUp(200);
    playout.append('gen_1', 'm1', audio(1000));
    playout.endSentence('gen_1', 0);
    playout.endGeneration('gen_1');
    await clock.advance(300);
    expect(playout.pause()).toBe(300);
    const sent = frames.length;
    await clock.advance(1000);
    expect(frames.length).toBe(sent);
    expect(playout.heardMs).toBe(300);
    frames.length = 0;
    playout.resume();
    await clock.advance(2000);
    expect(samplesOf(frames)).toEqual([...audio(700, 2400)]);
    expect(log).toEqual(['start m1', 'start m1', 'stop m1', 'played 0']);
  });

  it('goes on from where the client says it is, also if that is before what the clock takes for heard', async () => {
    const { clock, frames, playout } = setUp(200);
    for (let piece = 0; piece < 10; piece++) playout.append('gen_1', 'm1', audio(100, piece * 800));
    await clock.advance(500);
    playout.report('gen_1', 200);
    expect(playout.pause()).toBe(200);
    frames.length = 0;
    playout.resume();
    await clock.advance(2000);
    expect(samplesOf(frames)).toEqual([...audio(800, 1600)]);
  });

  it('sends whole frames of what is left, whenever it is paused', async () => {
    for (let pausedAtMs = 0; pausedAtMs <= 320; pausedAtMs += 7) {
      const { clock, frames, playout } = setUp(200);
      // Ends within a frame; what follows comes after it has run dry.
      playout.append('gen_1', 'm1', audio(105));
      playout.endSentence('gen_1', 0);
      await clock.advance(200);
      playout.append('gen_1', 'm2', audio(65, 840));
      playout.endSentence('gen_1', 1);
      playout.endGeneration('gen_1');
      await clock.advance(pausedAtMs);
      const heardMs = playout.pause();
      frames.length = 0;
      playout.resume();
      await clock.advance(2000);
      expect(frames.every(({ pcm }) => pcm.length === FRAME)).toBe(true);
      const left = audio(170).subarray(Math.round(heardMs * 8));
      expect(samplesOf(frames).slice(0, left.length)).toEqual([...left]);
      expect(clock.pending).toBe(0);
    }
  });

  it('drops everything at a clear, and takes nothing more for that generation', async () => {
    const { clock, frames, playout } = setUp(200);
    playout.append('gen_1', 'm1', audio(1000));
    playout.clear();
    const sent = frames.length;
    playout.append('gen_1', 'm1', audio(1000));
    await clock.advance(2000);
    expect(frames.length).toBe(sent);
    expect(playout.queuedMs).toBe(0);
    expect(clock.pending).toBe(0);
  });

  it('ignores audio of another generation', () => {
    const { frames, playout } = setUp(200);
    playout.append('gen_7', 'm1', audio(1000));
    expect(frames).toEqual([]);
  });

  it('catches up after a stall with no more than the lead', async () => {
    const { clock, frames, playout } = setUp(100);
    playout.append('gen_1', 'm1', audio(100));
    await clock.advance(1000);
    frames.length = 0;
    playout.append('gen_1', 'm1', audio(1000));
    expect(frames.length).toBe(5);
  });

  it('sends every sample once, in order, in frames of 20 ms, however the audio comes in', async () => {
    const pieces = fc.array(fc.record({ samples: fc.integer({ min: 1, max: 1500 }), pauseMs: fc.nat({ max: 120 }) }), {
      minLength: 1,
      maxLength: 12,
    });
    await fc.assert(
      fc.asyncProperty(pieces, fc.constantFrom(20, 100, 200), async (script, leadMs) => {
        const { clock, frames, log, playout } = setUp(leadMs);
        let total = 0;
        for (const { samples, pauseMs } of script) {
          playout.append(
            'gen_1',
            'm1',
            Int16Array.from({ length: samples }, (_, index) => ((total + index) % 30_000) + 1),
          );
          total += samples;
          await clock.advance(pauseMs);
        }
        playout.endSentence('gen_1', 0);
        playout.endGeneration('gen_1');
        await clock.advance(20_000);
        expect(frames.every(({ pcm }) => pcm.length === FRAME)).toBe(true);
        const samples = samplesOf(frames);
        expect(samples.slice(0, total)).toEqual(Array.from({ length: total }, (_, index) => (index % 30_000) + 1));
        expect(samples.slice(total).every((sample) => sample === 0)).toBe(true);
        expect(samples.length - total).toBeLessThan(FRAME);
        // A sentence can be heard to its end before it is known that it was the last one.
        expect(log.toSorted()).toEqual(['played 0', 'start m1', 'stop m1']);
        expect(log[0]).toBe('start m1');
        expect(clock.pending).toBe(0);
      }),
      { numRuns: 30 },
    );
  });

  it('sends nothing more to a client that has not taken two seconds of it, and goes on where it was when it has', async () => {
    const { clock, frames, client, playout } = setUp(200);
    playout.append('gen_1', 'm1', audio(4000));
    await clock.advance(1000);
    expect(frames).toHaveLength(60);
    client.backlogMs = 2001;
    await clock.advance(3000);
    expect(frames).toHaveLength(60);
    client.backlogMs = 2000;
    await clock.advance(4000);
    expect(samplesOf(frames)).toEqual([...audio(4000)]);
    // It went on in real time, the lead ahead, not in a burst.
    const after = frames.slice(60).map(({ at }) => at);
    expect(after[after.length - 1]! - after[0]!).toBeGreaterThanOrEqual(2800 - 200 - 20);
  });

  it('waits without a timer for the rest of a frame that is still being made', async () => {
    const { clock, frames, playout } = setUp(200);
    playout.append('gen_1', 'm1', audio(330));
    await clock.advance(1000);
    expect(frames).toHaveLength(16);
    expect(clock.pending).toBe(0);
    playout.append('gen_1', 'm1', audio(30, 2640));
    expect(frames).toHaveLength(18);
    // The caller heard a gap, and hears the rest from now on.
    expect(playout.heardMs).toBe(320);
    await clock.advance(20);
    expect(playout.heardMs).toBe(340);
    expect(samplesOf(frames)).toEqual([...audio(360)]);
  });

  it('does not count as heard what the client has not taken', async () => {
    const { clock, client, playout } = setUp(200);
    playout.append('gen_1', 'm1', audio(4000));
    await clock.advance(1000);
    expect(playout.heardMs).toBe(1000);
    client.backlogMs = 900;
    expect(playout.heardMs).toBe(300);
    expect(playout.pause()).toBe(300);
    client.backlogMs = 0;
    playout.resume();
    await clock.advance(100);
    expect(playout.heardMs).toBe(400);
  });
});
