import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { Worker } from 'node:worker_threads';
import { Resampler } from '../../../../audio/resampler.js';
import { ManualClock } from '../../../../kernel/clock.js';
import type { SpeechHints, SttResult, SttStream } from '../../../stt-stream.js';
import { compileFlite, Flite } from '../tts/flite.js';
import { EmbeddedSttDriver } from './embedded-stt.driver.js';

const RATE = 8000;

const banking: SpeechHints = {
  id: 'banking',
  language: 'en-US',
  phrases: ['[please] block my {card} card', 'what is my balance', 'speak to a person', 'ask about northwind zelvix'],
  slots: {
    card: {
      kind: 'choice',
      values: [
        { value: 'credit', synonyms: ['visa'] },
        { value: 'debit', synonyms: [] },
      ],
    },
    pin: { kind: 'digits', minLength: 4, maxLength: 4 },
  },
  answers: [],
};
const askedForPin: SpeechHints = { ...banking, id: 'pin', answers: ['pin'] };

let flite: Flite;
let clock: ManualClock;
let driver: EmbeddedSttDriver;

beforeAll(async () => {
  flite = new Flite(await compileFlite());
  clock = new ManualClock();
  driver = new EmbeddedSttDriver(clock, { workers: 1 });
  await driver.start(AbortSignal.timeout(30_000));
});

afterAll(() => driver.close());

function speech(text: string): Int16Array {
  const { pcm, sampleRate } = flite.speak({ text, voice: 'slt', rate: 1, pitch: 0 });
  return new Resampler(sampleRate, RATE).process(pcm);
}

/** One utterance's calls, and a promise of the last one. */
class Listener {
  readonly partials: string[] = [];
  readonly calls: string[] = [];
  private settle!: { final: (result: SttResult) => void; error: (error: Error) => void };
  readonly final = new Promise<SttResult>((resolve, reject) => (this.settle = { final: resolve, error: reject }));

  constructor() {
    this.final.catch(() => {});
  }

  onPartial(text: string): void {
    this.partials.push(text);
    this.calls.push('partial');
  }

  onFinal(result: SttResult): void {
    this.calls.push('final');
    this.settle.final(result);
  }

  onError(error: Error): void {
    this.calls.push('error');
    this.settle.error(error);
  }
}

function begin(stream: SttStream, pcm: Int16Array, frame = 160): Listener {
  const listener = new Listener();
  stream.start(listener);
  for (let at = 0; at < pcm.length; at += frame) stream.write(pcm.subarray(at, at + frame));
  return listener;
}

function recognise(stream: SttStream, pcm: Int16Array, frame?: number): Promise<SttResult> {
  const listener = begin(stream, pcm, frame);
  stream.finish();
  return listener.final;
}

async function openStream(hints: SpeechHints): Promise<SttStream> {
  const stream = await driver.createStream(AbortSignal.timeout(5000));
  await stream.prepare(hints);
  return stream;
}

/** Lets the event loop turn until something has happened; gives up, with the test, after some seconds. */
async function until(happened: () => boolean): Promise<void> {
  const giveUpAt = performance.now() + 15_000;
  while (!happened() && performance.now() < giveUpAt) await new Promise((resolve) => setImmediate(resolve));
}

describe('EmbeddedSttDriver', () => {
  it('gives partial results while the caller speaks, then one final', async () => {
    const stream = await openStream(banking);
    const listener = begin(stream, speech('please block my visa card'));
    await until(() => listener.calls.length > 0);
    stream.finish();
    const result = await listener.final;
    expect(result).toMatchObject({ text: 'please block my visa card', rejected: false });
    expect(result.confidence).toBeGreaterThan(0.5);
    expect(result.endMs).toBeGreaterThan(result.startMs! + 1000);
    expect(listener.calls.at(-1)).toBe('final');
    expect(listener.calls.filter((call) => call !== 'partial')).toEqual(['final']);
    await stream.close();
  });

  it('follows the hints of the next utterance, without disturbing another session', async () => {
    const [one, other] = [await openStream(banking), await openStream(banking)];
    const undisturbed = begin(other, speech('what is my balance'));
    await one.prepare(askedForPin);
    expect((await recognise(one, speech('four two six seven'))).text).toBe('four two six seven');
    other.finish();
    expect((await undisturbed.final).text).toBe('what is my balance');
    await one.prepare(banking);
    expect((await recognise(one, speech('what is my balance'))).text).toBe('what is my balance');
    await Promise.all([one.close(), other.close()]);
  });

  it.each([
    'of course',
    'of course not',
    'certainly not',
    'absolutely not',
    'not okay',
    "i'm not sure",
    'okay stop',
    'is that right',
  ])('hears all of an answer that begins like a yes: %s', async (text) => {
    const stream = await openStream({ ...banking, id: 'sure', slots: { sure: { kind: 'yesno' } }, answers: ['sure'] });
    expect((await recognise(stream, speech(text))).text).toBe(text);
    await stream.close();
  });

  it('understands words that are in no dictionary', async () => {
    const stream = await openStream(banking);
    expect((await recognise(stream, speech('ask about northwind zelvix'))).text).toBe('ask about northwind zelvix');
    await stream.close();
  });

  it('rejects what the hints do not allow', async () => {
    const stream = await openStream(askedForPin);
    for (const text of ['the weather is lovely this afternoon', 'my grandmother bakes wonderful apple pies']) {
      expect(await recognise(stream, speech(text))).toMatchObject({ text: '', rejected: true });
    }
    await stream.close();
  });

  it('calls nobody after a cancel, and an utterance begun over another cancels it', async () => {
    const stream = await openStream(banking);
    const cancelled = begin(stream, speech('what is my balance'));
    stream.cancel();
    stream.finish();
    const replaced = begin(stream, speech('block my debit card'));
    expect((await recognise(stream, speech('speak to a person'))).text).toBe('speak to a person');
    expect([cancelled.calls, replaced.calls]).toEqual([[], []]);
    await stream.close();
  });

  it('hears nothing in silence and keeps hearing after noise at full scale', async () => {
    const stream = await openStream(banking);
    const silence = { text: '', rejected: false };
    expect(await recognise(stream, new Int16Array(0))).toMatchObject(silence);
    expect(await recognise(stream, new Int16Array(1))).toMatchObject(silence);
    expect(await recognise(stream, new Int16Array(RATE))).toMatchObject(silence);
    const noise = Int16Array.from({ length: RATE * 2 }, (_, i) => ((i * 7919) % 13 < 6 ? 32_767 : -32_768));
    expect(await recognise(stream, noise)).toMatchObject({ text: '' });
    expect((await recognise(await openStream(banking), speech('speak to a person'), 173)).text).toBe(
      'speak to a person',
    );
    await stream.close();
  });

  it('follows an utterance of a minute', async () => {
    const stream = await openStream(banking);
    const minute = new Int16Array(60 * RATE);
    minute.set(speech('what is my balance'), 58 * RATE);
    expect((await recognise(stream, minute, 8000)).text).toBe('what is my balance');
    await stream.close();
  });

  it('judges a new caller after a reset as a new stream does', async () => {
    const [used, fresh] = [await openStream(banking), await openStream(banking)];
    const loudHum = Int16Array.from({ length: 2 * RATE }, (_, i) => 9000 * Math.sin(i / 9) + 5000 * Math.sin(i / 2));
    await recognise(used, loudHum);
    const unanswered = begin(used, loudHum);
    used.finish();
    used.reset();
    await expect(recognise(used, speech('what is my balance'))).rejects.toMatchObject({ code: 'stt_failed' });
    await Promise.all([used.prepare(banking), fresh.prepare(banking)]);
    const expected = await recognise(fresh, speech('what is my balance'));
    expect(await recognise(used, speech('what is my balance'))).toEqual(expected);
    expect(unanswered.calls).not.toContain('final');
    // What was learned from the first utterance makes a difference in the second: there was something to forget.
    expect(await recognise(used, speech('what is my balance'))).not.toEqual(expected);
    await Promise.all([used.close(), fresh.close()]);
  });

  it('works on without confidence when the engine is another release, and says so', async () => {
    const incidents: string[] = [];
    const own = new EmbeddedSttDriver(clock, {
      workers: 1,
      knownEngine: '0.0.1',
      onIncident: (message) => incidents.push(message),
    });
    await own.start(AbortSignal.timeout(30_000));
    expect(incidents).toEqual([
      expect.stringMatching(/^soundswallower is \d+\.\d+\.\d+, and only 0\.0\.1 can be asked/),
    ]);
    const stream = await own.createStream(AbortSignal.timeout(5000));
    await stream.prepare(banking);
    const understood = { text: 'please block my visa card', confidence: 0.5, rejected: false };
    expect(await recognise(stream, speech('please block my visa card'))).toEqual(understood);
    expect(await recognise(stream, new Int16Array(RATE))).toMatchObject({ text: '', rejected: false });
    await own.close();
  });

  it('replaces a worker that does not answer, and the stream works again', async () => {
    const stream = await openStream(banking);
    const idle = await openStream(banking);
    const victim = begin(stream, new Int16Array(60 * RATE), 60 * RATE);
    const bystander = begin(idle, new Int16Array(10));
    await until(() => clock.pending > 0);
    await clock.advance(5000);
    await expect(victim.final).rejects.toMatchObject({ code: 'stt_failed', retryable: true });
    await expect(bystander.final).rejects.toMatchObject({ code: 'stt_failed', retryable: true });
    expect((await recognise(stream, speech('speak to a person'))).text).toBe('speak to a person');
    expect(victim.calls).toEqual(['error']);
    await Promise.all([stream.close(), idle.close()]);
  });

  it('replaces a worker that dies in the middle of an utterance, and the stream works again', async () => {
    const stream = await openStream(banking);
    const victim = begin(stream, speech('what is my balance'));
    await until(() => victim.calls.length > 0);
    // Nothing that a caller can say kills a worker, so the test does.
    const [worker] = (driver as unknown as { workers: { thread: Worker }[] }).workers;
    await worker!.thread.terminate();
    await expect(victim.final).rejects.toMatchObject({ code: 'stt_failed', retryable: true });
    stream.write(new Int16Array(RATE));
    stream.finish();
    expect((await recognise(stream, speech('speak to a person'))).text).toBe('speak to a person');
    expect(victim.calls.filter((call) => call !== 'partial')).toEqual(['error']);
    await stream.close();
  });

  it('understands English only, and needs hints', async () => {
    const stream = await driver.createStream(AbortSignal.timeout(5000));
    await expect(recognise(stream, new Int16Array(80))).rejects.toMatchObject({ code: 'stt_failed' });
    await expect(stream.prepare({ ...banking, language: 'de-DE' })).rejects.toMatchObject({ code: 'stt_failed' });
    await stream.close();
    await expect(stream.prepare(banking)).rejects.toMatchObject({ code: 'stt_failed' });
  });

  it('leaves no thread and no timer behind, and tells an utterance that was running', async () => {
    const ownClock = new ManualClock();
    const own = new EmbeddedSttDriver(ownClock, { workers: 2 });
    const before = threads();
    await own.start(AbortSignal.timeout(30_000));
    expect(threads()).toBe(before + 2);
    const stream = await own.createStream(AbortSignal.timeout(5000));
    await stream.prepare(banking);
    const running = begin(stream, new Int16Array(RATE));
    await own.close();
    await own.close();
    expect(threads()).toBe(before);
    expect(ownClock.pending).toBe(0);
    expect(running.calls).toEqual([]);
    await expect(own.createStream(AbortSignal.timeout(5000))).rejects.toMatchObject({ code: 'stt_failed' });
  });

  it('stops loading when its start is aborted', async () => {
    const before = threads();
    const own = new EmbeddedSttDriver(new ManualClock(), { workers: 1 });
    const controller = new AbortController();
    const started = own.start(controller.signal);
    controller.abort(new Error('shut down'));
    await expect(started).rejects.toThrow('shut down');
    expect(threads()).toBe(before);
  });
});

/** Each worker thread holds a message port. */
function threads(): number {
  return process.getActiveResourcesInfo().filter((name) => name === 'MessagePort').length;
}
