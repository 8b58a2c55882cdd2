import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import type { SttStream } from '../../src/speech/stt-stream.js';
import { SherpaSttDriver } from '../../src/speech/drivers/sherpa/sherpa-stt.driver.js';
import { Utterance } from '../../src/speech/testing/utterance.js';
import { SherpaBench, isRunning, sherpaConfig, tones } from './sherpa-bench.js';

const RATE = 16_000;
const never = new AbortController().signal;

let bench: SherpaBench;
let driver: SherpaSttDriver;

async function started(processes = 1, sttModel = 'stt'): Promise<SttStream> {
  driver = new SherpaSttDriver(sherpaConfig({ sttModel }), bench.options(processes));
  await driver.start(never);
  return driver.createStream(never);
}

describe('a streaming model of sherpa-onnx', () => {
  beforeEach(() => void (bench = new SherpaBench()));
  afterEach(async () => {
    await driver.close();
    expect(bench.processes.filter(isRunning)).toEqual([]);
    expect(bench.clock.pending).toBe(0);
  });

  it('hears while the caller speaks, and says when which word was said', async () => {
    const stream = await started();
    expect([driver.languages, driver.sampleRate]).toEqual([['en'], RATE]);
    const { partials, final } = await Utterance.say(stream, tones(0, 440, 0, 1200, 0, 3000, 0), RATE);
    expect(final).toMatchObject({ text: 'one two three', rejected: false });
    expect(final!.confidence).toBeGreaterThan(0.5);
    expect(final!.confidence).toBeLessThan(1);
    expect(partials.length).toBeGreaterThan(0);
    for (const [text, stable] of partials) expect(['one two three'.startsWith(text), stable]).toEqual([true, false]);
    const words = final!.words!;
    expect(words.map(({ text }) => text)).toEqual(['one', 'two', 'three']);
    for (const [i, saidAtMs] of [500, 1500, 2500].entries()) {
      expect(Math.abs(words[i]!.startMs - saidAtMs)).toBeLessThan(100);
      expect(words[i]!.endMs).toBeGreaterThan(words[i]!.startMs);
    }
    expect(final).toMatchObject({ startMs: words[0]!.startMs, endMs: words[2]!.endMs });
  });

  it('may be a CTC model, which does not say how sure it is', async () => {
    const stream = await started(1, 'ctc');
    const { partials, final } = await Utterance.say(stream, tones(0, 440, 0, 1200, 0, 440, 0), RATE);
    expect(final).toMatchObject({ text: 'one two one', confidence: 1 });
    expect(final!.words!.map(({ text }) => text)).toEqual(['one', 'two', 'one']);
    expect(partials.length).toBeGreaterThan(0);
  });

  it('hears nothing in silence, and nothing in nothing', async () => {
    const stream = await started();
    const silence = await Utterance.say(stream, tones(0, 0), RATE);
    expect([silence.final, silence.partials]).toEqual([{ text: '', confidence: 0, rejected: false }, []]);
    expect((await Utterance.say(stream, new Int16Array(0), RATE)).final).toMatchObject({ text: '' });
  });

  it('follows many callers at once, in several processes, and forgets the utterance before', async () => {
    const first = await started(2);
    const streams = [first, ...(await Promise.all([1, 2, 3, 4, 5].map(() => driver.createStream(never))))];
    const said = [[440], [1200], [3000], [440, 1200], [1200, 440], [3000, 440]];
    const expected = ['one', 'two', 'three', 'one two', 'two one', 'three one'];
    for (let round = 0; round < 2; round++) {
      const heard = await Promise.all(
        streams.map((stream, i) => Utterance.say(stream, tones(0, ...said[i]!, 0), RATE)),
      );
      expect(heard.map(({ final, ends }) => [final?.text, ends])).toEqual(expected.map((text) => [text, 1]));
    }
    expect(bench.processes).toHaveLength(2);
  });

  it('says nothing more of what was cancelled, begun anew, or closed', async () => {
    const stream = await started();
    const dropped = [new Utterance(), new Utterance()];
    stream.start(dropped[0]!);
    stream.write(tones(0, 440));
    stream.cancel();
    stream.start(dropped[1]!);
    stream.write(tones(0, 440));
    stream.finish();
    const { final } = await Utterance.say(stream, tones(0, 1200, 0), RATE);
    expect(final?.text).toBe('two');
    expect(dropped.map(({ ends }) => ends)).toEqual([0, 0]);
    await stream.close();
    const late = await Utterance.say(stream, tones(440), RATE);
    expect(late.error).toMatchObject({ code: 'stt_failed', retryable: false });
  });

  it('fails for a moment when its process dies, in mid-utterance, of a fault of the native code', async () => {
    const stream = await started();
    const utterance = new Utterance();
    stream.start(utterance);
    stream.write(tones(0, 440));
    bench.signal(0, 'SIGSEGV');
    await utterance.end;
    expect(utterance).toMatchObject({ ends: 1, error: { code: 'stt_failed', retryable: true } });
    expect(bench.incidents).toEqual(['sherpa stt process 1 failed: its process was ended by SIGSEGV']);
    const tooSoon = await Utterance.say(stream, tones(0, 440), RATE);
    expect(tooSoon.error).toMatchObject({ code: 'stt_failed', retryable: true });

    await bench.replacement(1);
    expect((await Utterance.say(stream, tones(0, 440, 0), RATE)).final?.text).toBe('one');
  });

  it('goes on with the processes that are left', async () => {
    const streams = [await started(2), await driver.createStream(never)];
    const utterances = streams.map((stream) => {
      const utterance = new Utterance();
      stream.start(utterance);
      stream.write(tones(0, 1200, 0));
      return utterance;
    });
    bench.signal(0, 'SIGKILL');
    const lost = await Promise.race(utterances.map((utterance, i) => utterance.end.then(() => i)));
    expect(utterances[lost]!.error).toMatchObject({ code: 'stt_failed', retryable: true });
    streams[1 - lost]!.finish();
    await utterances[1 - lost]!.end;
    expect(utterances[1 - lost]!.final?.text).toBe('two');
    expect((await Utterance.say(streams[lost]!, tones(0, 440, 0), RATE)).final?.text).toBe('one');
  });

  it('gives up a process that hangs', async () => {
    const stream = await started();
    bench.signal(0, 'SIGSTOP');
    const utterance = new Utterance();
    stream.start(utterance);
    stream.write(tones(0, 440));
    await bench.clock.advance(9999);
    expect(utterance.ends).toBe(0);
    await bench.clock.advance(1);
    expect(utterance.error).toMatchObject({ code: 'stt_failed', retryable: true });
    expect(bench.incidents).toEqual([expect.stringContaining('gave no answer for 10000 ms')]);
    await bench.replacement(1);
    expect((await Utterance.say(stream, tones(0, 440, 0), RATE)).final?.text).toBe('one');
  });

  it('is not waited for when it does not load', async () => {
    driver = new SherpaSttDriver(sherpaConfig(), bench.options());
    const start = driver.start(never);
    const refused = expect(start).rejects.toThrow(/^SHERPA_STT_MODEL: .* was not ready within 20000 ms/);
    await bench.spawned;
    bench.signal(0, 'SIGSTOP');
    await bench.clock.advance(20_000);
    await refused;
  });

  it('is stopped while it loads', async () => {
    driver = new SherpaSttDriver(sherpaConfig(), bench.options(2));
    const stop = new AbortController();
    const start = driver.start(stop.signal);
    stop.abort(new Error('enough'));
    await expect(start).rejects.toThrow('enough');
    await expect(driver.createStream(never)).rejects.toMatchObject({ code: 'stt_failed' });
  });
});
