import { describe, expect, it } from '@jest/globals';
import * as fc from 'fast-check';
import { ManualClock } from '../../kernel/clock.js';
import type { InferencePriority } from '../inference-gate.js';
import type { SttListener, SttResult } from '../stt-stream.js';
import type { BatchRecogniser, BatchTranscript } from './batch-recogniser.js';
import { BatchSttDriver } from './batch-stt.driver.js';
import type { BatchSttStream } from './batch-stt.stream.js';

const RATE = 8000;
const FRAME_MS = 20;
const FRAME = (RATE * FRAME_MS) / 1000;
const never = new AbortController().signal;

/** Works for `factor` of the audio's length, and hears the number that stands in the first sample of each second. */
class NumberRecogniser implements BatchRecogniser {
  factor = 0.1;
  fails: ((chunk: number) => unknown) | undefined;
  heedsSignal = true;
  readonly chunksMs: number[] = [];
  /** First samples of chunks, as they were begun. */
  readonly begun: number[] = [];
  working = 0;
  most = 0;

  constructor(private readonly clock: ManualClock) {}

  async transcribe(pcm: Int16Array, signal: AbortSignal): Promise<BatchTranscript> {
    const audioMs = (pcm.length * 1000) / RATE;
    const chunk = this.chunksMs.push(audioMs);
    this.begun.push(pcm[0]!);
    this.most = Math.max(this.most, ++this.working);
    try {
      await this.clock.delay(audioMs * this.factor, this.heedsSignal ? signal : undefined);
      const failure = this.fails?.(chunk);
      if (failure !== undefined) throw failure;
      const numbers = [...pcm].filter((sample) => sample > 0);
      return { text: numbers.join(' '), confidence: numbers.length > 0 ? 0.9 : 0.2 };
    } finally {
      this.working--;
    }
  }
}

class Heard implements SttListener {
  readonly partials: string[] = [];
  readonly finals: SttResult[] = [];
  readonly errors: Error[] = [];

  onPartial(text: string, stable: boolean): void {
    expect(stable).toBe(true);
    this.partials.push(text);
  }

  onFinal(result: SttResult): void {
    this.finals.push(result);
  }

  onError(error: Error): void {
    this.errors.push(error);
  }

  get ends(): number {
    return this.finals.length + this.errors.length;
  }
}

class Bench {
  readonly clock = new ManualClock();
  readonly recogniser = new NumberRecogniser(this.clock);
  readonly driver: BatchSttDriver;

  constructor(permits = 1, deadlineMs?: number) {
    this.driver = new BatchSttDriver(this.recogniser, this.clock, {
      name: 'numbers',
      languages: ['en'],
      sampleRate: RATE,
      permits,
      ...(deadlineMs !== undefined && { deadlineMs }),
    });
  }

  async stream(priority?: InferencePriority): Promise<BatchSttStream> {
    await this.driver.start(never);
    return this.driver.createStream(never, priority);
  }

  /** Says the numbers from `first` on, one a second, in real time or at once. */
  async say(stream: BatchSttStream, seconds: number, realTime = false, first = 1): Promise<void> {
    for (let frame = 0; frame < seconds * 50; frame++) {
      const pcm = new Int16Array(FRAME);
      if (frame % 50 === 0) pcm[0] = first + frame / 50;
      stream.write(pcm);
      // The stream has its own copy.
      pcm.fill(0);
      if (realTime) await this.clock.advance(FRAME_MS);
    }
  }
}

const wordsTo = (last: number): string => Array.from({ length: last }, (_, i) => i + 1).join(' ');

describe('a batch recogniser as a stream', () => {
  it('hears in chunks of 2 s what is said, and the rest at the end, in order', async () => {
    const bench = new Bench();
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
    const bench = new Bench();
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
    const bench = new Bench();
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
    const bench = new Bench();
    bench.recogniser.factor = 1;
    const streams = await Promise.all([bench.stream('system'), bench.stream('system'), bench.stream('mic')]);
    for (const [i, stream] of streams.entries()) {
      stream.start(new Heard());
      await bench.say(stream, 2, false, 10 * (i + 1));
    }
    await bench.clock.advance(0);
    expect(bench.driver.waiting).toBe(2);
    await bench.clock.advance(6000);
    expect(bench.recogniser.begun).toEqual([10, 30, 20]);
    expect([bench.driver.waiting, bench.recogniser.most]).toEqual([0, 1]);
  });

  it('measures how it keeps up, without the time a chunk waits', async () => {
    const bench = new Bench();
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
    const bench = new Bench();
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
    const bench = new Bench();
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
    const bench = new Bench(1, 5000);
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
    const bench = new Bench();
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
    const bench = new Bench();
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
    const bench = new Bench();
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

  it('hears everything in order, ends each utterance once and leaves nothing, whatever is called when', async () => {
    const call = fc.oneof(
      {
        weight: 5,
        arbitrary: fc.record({ kind: fc.constant('say' as const), seconds: fc.integer({ min: 1, max: 9 }) }),
      },
      { weight: 3, arbitrary: fc.record({ kind: fc.constant('wait' as const), ms: fc.nat(5000) }) },
      { weight: 2, arbitrary: fc.constantFrom({ kind: 'finish' as const }, { kind: 'start' as const }) },
      { weight: 1, arbitrary: fc.constantFrom({ kind: 'cancel' as const }, { kind: 'fault' as const }) },
    );
    const calls = fc.array(fc.tuple(fc.nat(2), call), { maxLength: 25 });
    await fc.assert(
      fc.asyncProperty(
        calls,
        fc.double({ min: 0, max: 3, noNaN: true }),
        fc.boolean(),
        async (script, factor, heeds) => {
          const bench = new Bench(2, 60_000);
          bench.recogniser.factor = factor;
          bench.recogniser.heedsSignal = heeds;
          const lines = await Promise.all(
            [0, 1, 2].map(async () => ({
              stream: await bench.stream(),
              heard: new Heard(),
              said: 0,
              state: 'none' as 'none' | 'begun' | 'finished' | 'over',
            })),
          );
          const ended: Heard[] = [];
          for (const [index, step] of script) {
            const line = lines[index]!;
            if (step.kind === 'wait') await bench.clock.advance(step.ms);
            else if (step.kind === 'fault') {
              const at = bench.recogniser.chunksMs.length + 1;
              bench.recogniser.fails = (chunk) => (chunk === at ? new Error('fault') : undefined);
            } else if (step.kind === 'start') {
              Object.assign(line, { heard: new Heard(), said: 0, state: 'begun' });
              line.stream.start(line.heard);
            } else if (step.kind === 'say') {
              await bench.say(line.stream, step.seconds, false, line.said + 1);
              if (line.state === 'begun') line.said += step.seconds;
            } else if (step.kind === 'finish') {
              line.stream.finish();
              if (line.state === 'begun') line.state = 'finished';
            } else {
              line.stream.cancel();
              if (line.state !== 'none' && line.heard.ends === 0) ended.push(line.heard);
              line.state = 'over';
            }
            for (const { heard } of lines) expect(heard.ends).toBeLessThanOrEqual(1);
          }
          await bench.clock.advance(600_000);
          for (const { heard, said, state } of lines) {
            if (state === 'finished') expect(heard.ends).toBe(1);
            if (state === 'finished' && heard.finals[0]) expect(heard.finals[0].text).toBe(wordsTo(said));
            for (const partial of heard.partials) expect(wordsTo(said).startsWith(partial)).toBe(true);
          }
          for (const heard of ended) expect(heard.ends).toBe(0);
          expect(bench.recogniser.most).toBeLessThanOrEqual(2);
          expect(bench.recogniser.chunksMs.every((ms) => ms <= 8000)).toBe(true);
          expect([bench.driver.waiting, bench.recogniser.working, bench.clock.pending]).toEqual([0, 0, 0]);
        },
      ),
      { numRuns: 60 },
    );
  });
});
