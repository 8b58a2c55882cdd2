import { describe, expect, it } from '@jest/globals';
import * as fc from 'fast-check';
import { ManualClock } from '../kernel/clock.js';
import { FrameQueue } from './frame-queue.js';

const frame = (value: number, length = 160): Int16Array => new Int16Array(length).fill(value);
const queueOf = (capacity: number, clock = new ManualClock()): FrameQueue => new FrameQueue(capacity, 8000, clock);

describe('frame queue', () => {
  it('drops the oldest frame when full and says which stretch of audio is missing', () => {
    const queue = queueOf(2);
    expect([queue.push(frame(1)), queue.push(frame(2))]).toEqual([undefined, undefined]);
    expect(queue.push(frame(3))).toEqual({ fromMs: 0, toMs: 20 });
    expect(queue.push(frame(4))).toEqual({ fromMs: 20, toMs: 40 });

    const third = queue.take();
    expect(third?.pcm[0]).toBe(3);
    expect(third).toMatchObject({ startMs: 40, gap: { fromMs: 0, toMs: 40 } });
    expect(queue.take()).toMatchObject({ startMs: 60, gap: undefined });
    expect(queue.take()).toBeUndefined();
  });

  it('reports a gap in the middle at the frame after it', () => {
    const queue = queueOf(1);
    queue.push(frame(1));
    queue.take();
    queue.push(frame(2));
    queue.push(frame(3));
    expect(queue.take()).toMatchObject({ startMs: 40, gap: { fromMs: 20, toMs: 40 } });
  });

  it('clears everything and keeps the position', () => {
    const queue = queueOf(5);
    for (let i = 0; i < 3; i++) queue.push(frame(i));
    expect(queue.clear()).toEqual({ fromMs: 0, toMs: 60 });
    expect(queue.clear()).toBeUndefined();
    queue.push(frame(9));
    expect(queue.take()).toMatchObject({ startMs: 60, gap: { fromMs: 0, toMs: 60 } });
  });

  it('knows how long the oldest frame has been waiting', async () => {
    const clock = new ManualClock();
    const queue = queueOf(5, clock);
    expect(queue.ageMs).toBe(0);
    queue.push(frame(1));
    await clock.advance(30);
    queue.push(frame(2));
    await clock.advance(5);
    expect(queue.ageMs).toBe(35);
    queue.take();
    expect(queue.ageMs).toBe(5);
  });

  it('returns to depth 0 after 300 frames', () => {
    const queue = queueOf(100);
    for (let i = 0; i < 300; i++) queue.push(frame(i));
    expect(queue).toMatchObject({ depth: 100, fill: 1, dropped: 200 });
    while (queue.take()) expect(queue.depth).toBeLessThan(100);
    expect(queue).toMatchObject({ depth: 0, fill: 0, received: 300, taken: 100, dropped: 200 });
  });

  it('loses a frame on arrival, behind those that wait', () => {
    const queue = queueOf(5);
    queue.push(frame(1));
    expect(queue.refuse(frame(2))).toEqual({ fromMs: 20, toMs: 40 });
    expect(queue.refuse(frame(3))).toEqual({ fromMs: 40, toMs: 60 });
    queue.push(frame(4));
    expect(queue.take()).toMatchObject({ startMs: 0, gap: undefined });
    expect(queue.take()).toMatchObject({ startMs: 60, gap: { fromMs: 20, toMs: 60 } });
    expect(queue).toMatchObject({ received: 4, taken: 2, dropped: 2, depth: 0 });
  });

  it('accounts for every frame and every millisecond, in any order of calls', () => {
    const call = fc.oneof(
      { weight: 5, arbitrary: fc.record({ kind: fc.constant('push' as const), length: fc.nat(400) }) },
      { weight: 2, arbitrary: fc.record({ kind: fc.constant('refuse' as const), length: fc.nat(400) }) },
      { weight: 4, arbitrary: fc.constant({ kind: 'take' as const }) },
      { weight: 1, arbitrary: fc.constant({ kind: 'clear' as const }) },
    );
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 6 }), fc.array(call, { maxLength: 80 }), (capacity, calls) => {
        const queue = queueOf(capacity);
        const waiting: Int16Array[] = [];
        let receivedMs = 0;
        let accountedMs = 0;
        const account = (taken: ReturnType<FrameQueue['take']>): void => {
          if (!taken) return;
          if (taken.gap) {
            expect(taken.gap.fromMs).toBeCloseTo(accountedMs, 6);
            accountedMs = taken.gap.toMs;
          }
          expect(taken.startMs).toBeCloseTo(accountedMs, 6);
          accountedMs = taken.startMs + taken.pcm.length / 8;
          expect(taken.pcm).toBe(waiting.shift());
        };
        const push = (length: number): void => {
          const pcm = frame(0, length);
          if (waiting.push(pcm) > capacity) waiting.shift();
          queue.push(pcm);
          receivedMs += length / 8;
        };
        for (const call of calls) {
          if (call.kind === 'push') push(call.length);
          else if (call.kind === 'refuse') {
            queue.refuse(frame(0, call.length));
            receivedMs += call.length / 8;
          } else if (call.kind === 'take') account(queue.take());
          else {
            queue.clear();
            waiting.length = 0;
          }
          expect(queue.received).toBe(queue.taken + queue.depth + queue.dropped);
          expect(queue.depth).toBe(waiting.length);
          expect(queue.depth).toBeLessThanOrEqual(capacity);
        }
        push(8);
        while (queue.depth > 0) account(queue.take());
        expect(accountedMs).toBeCloseTo(receivedMs, 6);
      }),
    );
  });
});

describe('the backlog of a frame queue', () => {
  const AHEAD_MS = 3000;
  const PATIENCE_MS = 250;
  const backlogOf = (queue: FrameQueue): number => queue.backlog(AHEAD_MS, PATIENCE_MS);

  it('is what came in real time and was not taken', async () => {
    const clock = new ManualClock();
    const queue = queueOf(100, clock);
    expect(backlogOf(queue)).toBe(0);
    for (let i = 0; i < 100; i++) {
      queue.push(frame(i));
      await clock.advance(20);
    }
    expect(backlogOf(queue)).toBe(100);
    while (queue.depth > 10) queue.take();
    // The oldest of these has waited for 200 ms.
    expect(backlogOf(queue)).toBe(0);
    await clock.advance(50);
    expect(backlogOf(queue)).toBe(10);
  });

  it('leaves out what came faster than real time: that waits for its time to come', async () => {
    const clock = new ManualClock();
    const queue = queueOf(100, clock);
    for (let i = 0; i < 250; i++) {
      queue.push(frame(i));
      if (i < 150) queue.take();
    }
    // 3 s were taken ahead of the clock; here wait the 2 s after them.
    await clock.advance(PATIENCE_MS - 1);
    expect(backlogOf(queue)).toBe(0);
    await clock.advance(1001 - PATIENCE_MS);
    expect([backlogOf(queue), queue.depth]).toEqual([51, 100]);
  });

  it('is nothing right after a burst', async () => {
    const clock = new ManualClock();
    const queue = queueOf(100, clock);
    queue.push(frame(0));
    await clock.advance(5000);
    for (let i = 0; i < 100; i++) queue.push(frame(i));
    queue.take();
    expect(backlogOf(queue)).toBe(0);
    await clock.advance(PATIENCE_MS);
    expect(backlogOf(queue)).toBe(99);
  });
});
