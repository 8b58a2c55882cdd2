import { describe, expect, it } from '@jest/globals';
import { ManualClock } from './clock.js';
import { withStallLimit } from './stall-limit.js';

const never = new AbortController().signal;
const stalled = (): Error => new Error('stalled');

/** Yields 1, 2, 3… each after the next of `delaysMs`, and notes when it was aborted. */
function source(clock: ManualClock, delaysMs: readonly number[]) {
  const state = { aborted: 0, closed: 0 };
  async function* items(signal: AbortSignal): AsyncGenerator<number> {
    signal.addEventListener('abort', () => state.aborted++);
    try {
      for (const [index, delayMs] of delaysMs.entries()) {
        await clock.delay(delayMs, signal);
        yield index + 1;
      }
    } finally {
      state.closed++;
    }
  }
  return { state, items };
}

async function collect(items: AsyncIterable<number>, into: number[]): Promise<unknown> {
  try {
    for await (const item of items) into.push(item);
    return undefined;
  } catch (error) {
    return error;
  }
}

describe('withStallLimit', () => {
  it('passes on what comes in time, and leaves nothing behind', async () => {
    const clock = new ManualClock();
    const { state, items } = source(clock, [900, 900, 900]);
    const got: number[] = [];
    const ended = collect(withStallLimit(items, never, clock, 1000, stalled), got);
    await clock.advance(3000);
    expect([await ended, got, state.closed, clock.pending]).toEqual([undefined, [1, 2, 3], 1, 0]);
  });

  it('gives up on a source that falls silent, and aborts it', async () => {
    const clock = new ManualClock();
    const { state, items } = source(clock, [100, 5000]);
    const got: number[] = [];
    const ended = collect(withStallLimit(items, never, clock, 1000, stalled), got);
    await clock.advance(1100);
    expect(await ended).toMatchObject({ message: 'stalled' });
    await clock.advance(0);
    expect([got, state, clock.pending]).toEqual([[1], { aborted: 1, closed: 1 }, 0]);
  });

  it('gives up on a source that does not listen to its signal either', async () => {
    const clock = new ManualClock();
    const deaf = { [Symbol.asyncIterator]: () => ({ next: () => new Promise<never>(() => undefined) }) };
    const ended = collect(
      withStallLimit(() => deaf, never, clock, 1000, stalled),
      [],
    );
    await clock.advance(1000);
    expect(await ended).toMatchObject({ message: 'stalled' });
  });

  it('does not wait for a deaf source once its parent is aborted', async () => {
    const clock = new ManualClock();
    const parent = new AbortController();
    const deaf = { [Symbol.asyncIterator]: () => ({ next: () => new Promise<never>(() => undefined) }) };
    const ended = collect(
      withStallLimit(() => deaf, parent.signal, clock, 1000, stalled),
      [],
    );
    await clock.advance(10);
    parent.abort(new Error('barge-in'));
    expect(await ended).toMatchObject({ message: 'barge-in' });
    expect(clock.pending).toBe(0);
  });

  it('does not count the time that the consumer takes', async () => {
    const clock = new ManualClock();
    const { items } = source(clock, [10, 10]);
    const limited = withStallLimit(items, never, clock, 1000, stalled);
    const first = limited.next();
    await clock.advance(10);
    expect(await first).toEqual({ done: false, value: 1 });
    await clock.advance(60_000);
    const second = limited.next();
    await clock.advance(10);
    expect(await second).toEqual({ done: false, value: 2 });
  });

  it('ends its source when the consumer stops, or its parent is aborted', async () => {
    const clock = new ManualClock();
    const left = source(clock, [10, 10]);
    const limited = withStallLimit(left.items, never, clock, 1000, stalled);
    const first = limited.next();
    await clock.advance(10);
    await first;
    await limited.return(undefined);
    await clock.advance(0);
    expect([left.state, clock.pending]).toEqual([{ aborted: 1, closed: 1 }, 0]);

    const parent = new AbortController();
    const cut = source(clock, [10, 10]);
    const ended = collect(withStallLimit(cut.items, parent.signal, clock, 1000, stalled), []);
    parent.abort(new Error('hangup'));
    await clock.advance(0);
    expect([await ended, cut.state, clock.pending]).toEqual([new Error('hangup'), { aborted: 1, closed: 1 }, 0]);
  });
});
