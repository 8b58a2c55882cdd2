import { describe, expect, it } from '@jest/globals';
import { BatchBench, Heard } from './testing/batch-bench.js';

const never = new AbortController().signal;

describe('a batch recogniser as a stream', () => {
  it('hears in chunks of 2 s what is said, and the rest at the end, in order', async () => {
    const bench = new BatchBench();
    const stream = await bench.stream();
    const heard = new Heard();
    stream.start(heard);
    await bench.say(stream, 5, true);
    expect(heard.partials).toEqual(['1 2', '1 2 3 4']);
    stream.finish();
    expect(heard.ends).toBe(0);
    await bench.clock.advance(100);
    expect(heard.finals).toEqual([{ text: '1 2 3 4 5', confidence: expect.closeTo(0.9), rejected: false }]);
    expect(bench.recogniser.chunksMs).toEqual([2000, 2000, 1000]);
    expect(bench.clock.pending).toBe(0);
  });

  it('says nothing within a call, and answers an utterance without audio', async () => {
    const bench = new BatchBench();
    const stream = await bench.stream();
    const heard = new Heard();
    stream.start(heard);
    stream.finish();
    stream.finish();
    expect(heard.ends).toBe(0);
    await bench.clock.advance(0);
    expect(heard.finals).toEqual([{ text: '', confidence: 0, rejected: false }]);
    expect(bench.recogniser.chunksMs).toEqual([]);
  });

  it('takes longer chunks when it falls behind, and shorter ones again when it has caught up', async () => {
    const bench = new BatchBench();
    const stream = await bench.stream();
    for (const [factor, chunkMs] of [
      [0.1, 2000],
      [0.6, 4000],
      [1.5, 8000],
      [0.6, 4000],
      [0.1, 2000],
    ] as const) {
      bench.recogniser.factor = factor;
      stream.start(new Heard());
      await bench.say(stream, 56);
      stream.finish();
      await bench.clock.advance(100_000);
      expect(bench.recogniser.chunksMs.at(-1)).toBe(chunkMs);
    }
    expect(new Set(bench.recogniser.chunksMs)).toEqual(new Set([2000, 4000, 8000]));
  });

  it('lets a live conversation go before what is only written down', async () => {
    const bench = new BatchBench();
    bench.recogniser.factor = 1;
    const streams = await Promise.all([bench.stream('system'), bench.stream(), bench.stream()]);
    for (const [i, stream] of streams.entries()) {
      stream.start(new Heard(), i === 1 ? 'system' : undefined);
      await bench.say(stream, 2, false, 10 * (i + 1));
    }
    await bench.clock.advance(0);
    expect(bench.driver.waiting).toBe(2);
    await bench.clock.advance(6000);
    expect(bench.recogniser.begun).toEqual([10, 30, 20]);
    expect([bench.driver.waiting, bench.recogniser.most]).toEqual([0, 1]);
  });

  it('measures how it keeps up, without the time a chunk waits', async () => {
    const bench = new BatchBench();
    bench.recogniser.factor = 0.7;
    const streams = [await bench.stream(), await bench.stream()];
    expect([bench.driver.realTimeFactor, bench.driver.measuredAt, bench.driver.chunkMs]).toEqual([0, undefined, 2000]);
    for (const stream of streams) {
      stream.start(new Heard());
      await bench.say(stream, 2);
    }
    await bench.clock.advance(2800);
    expect(bench.driver.realTimeFactor).toBeCloseTo(0.7);
    expect([bench.driver.measuredAt, bench.driver.chunkMs, bench.driver.permits]).toEqual([2800, 4000, 1]);
  });

  it('gives an error for an utterance of which a chunk failed, and hears the next one', async () => {
    const bench = new BatchBench();
    const stream = await bench.stream();
    bench.recogniser.fails = (chunk) => (chunk === 2 ? new Error('out of memory') : undefined);
    const heard = new Heard();
    stream.start(heard);
    await bench.say(stream, 5);
    stream.finish();
    await bench.clock.advance(2000);
    expect(heard.errors).toMatchObject([{ code: 'stt_failed', message: 'out of memory', retryable: true }]);
    expect(heard.finals).toEqual([]);
    const next = new Heard();
    stream.start(next);
    await bench.say(stream, 1);
    stream.finish();
    await bench.clock.advance(2000);
    expect(next.finals).toMatchObject([{ text: '1' }]);
  });

  it('calls nobody after a cancel, a reset, or the next start', async () => {
    const bench = new BatchBench();
    const stream = await bench.stream();
    for (const stop of [() => stream.cancel(), () => stream.reset(), () => stream.start(new Heard())]) {
      const heard = new Heard();
      stream.start(heard);
      await bench.say(stream, 2);
      stream.finish();
      await bench.clock.advance(50);
      stop();
      await bench.clock.advance(10_000);
      expect([heard.ends, heard.partials]).toEqual([0, []]);
    }
    expect([bench.recogniser.working, bench.driver.waiting, bench.clock.pending]).toEqual([0, 0, 0]);
  });

  it('gives up a chunk that takes too long, and its place to others', async () => {
    const bench = new BatchBench(1, 5000);
    const stream = await bench.stream();
    bench.recogniser.heedsSignal = false;
    bench.recogniser.factor = 100;
    const heard = new Heard();
    stream.start(heard);
    await bench.say(stream, 2);
    await bench.clock.advance(5000);
    expect(heard.errors).toMatchObject([{ code: 'stt_failed', retryable: true }]);
    expect(bench.driver.realTimeFactor).toBe(2.5);
    bench.recogniser.factor = 0.1;
    stream.start(heard);
    await bench.say(stream, 1);
    stream.finish();
    await bench.clock.advance(200);
    expect(heard.finals).toMatchObject([{ text: '1' }]);
    await bench.clock.advance(200_000);
    // What came of it after all is not measured again.
    expect(bench.driver.realTimeFactor).toBeCloseTo((5000 + 100) / 3000);
  });

  it('lets a recogniser that works on after a cancel keep its place until it is done', async () => {
    const bench = new BatchBench();
    bench.recogniser.heedsSignal = false;
    const stream = await bench.stream();
    for (let i = 0; i < 5; i++) {
      stream.start(new Heard());
      await bench.say(stream, 2);
      await bench.clock.advance(10);
    }
    await bench.clock.advance(10_000);
    expect(bench.recogniser.most).toBe(1);
    expect(bench.recogniser.chunksMs).toHaveLength(2);
  });

  it('fails an utterance that it can never catch up with, instead of keeping its audio', async () => {
    const bench = new BatchBench();
    bench.recogniser.factor = 50;
    const stream = await bench.stream();
    const heard = new Heard();
    stream.start(heard);
    await bench.say(stream, 70);
    expect(heard.errors).toMatchObject([{ code: 'stt_failed', message: 'The recogniser does not keep up' }]);
    await bench.say(stream, 70);
    stream.finish();
    await bench.clock.advance(0);
    expect(heard.ends).toBe(1);
  });

  it('says so when it is closed, or asked for another language', async () => {
    const bench = new BatchBench();
    const hints = { id: '1', language: 'de-DE', phrases: [], slots: {}, answers: [] };
    await expect(bench.driver.createStream(never)).rejects.toThrow('not running');
    const stream = await bench.stream();
    await stream.prepare({ ...hints, language: 'en-US' });
    await expect(stream.prepare(hints)).rejects.toMatchObject({ code: 'stt_failed' });
    const heard = new Heard();
    stream.start(heard);
    await bench.say(stream, 2);
    await bench.driver.close();
    await bench.driver.close();
    await bench.clock.advance(1000);
    expect(heard.ends).toBe(0);
    stream.start(heard);
    await bench.clock.advance(0);
    expect(heard.errors).toMatchObject([{ message: 'The stream is closed' }]);
    await expect(stream.prepare(hints)).rejects.toThrow('closed');
    await expect(bench.driver.createStream(never)).rejects.toThrow('not running');
    expect(bench.clock.pending).toBe(0);
  });
});
