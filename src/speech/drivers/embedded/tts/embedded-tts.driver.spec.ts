import { afterEach, describe, expect, it } from '@jest/globals';
import { Worker } from 'node:worker_threads';
import { Aborted } from '../../../../kernel/abort.js';
import { ManualClock } from '../../../../kernel/clock.js';
import { compiledUrl } from '../../../../kernel/compiled-url.js';
import type { TtsChunk, TtsRequest, TtsVoice } from '../../../tts-voice.js';
import { EmbeddedTtsDriver, type EmbeddedTtsOptions } from './embedded-tts.driver.js';

const never = new AbortController().signal;
const greeting = 'Thank you for calling Northwind Bank, my name is Anna. How can I help you today?';
const started: EmbeddedTtsDriver[] = [];

afterEach(async () => {
  await Promise.all(started.splice(0).map((driver) => driver.close()));
});

async function startDriver(options: EmbeddedTtsOptions = {}): Promise<EmbeddedTtsDriver> {
  const driver = new EmbeddedTtsDriver({ workers: 1, warmVoices: [], ...options });
  started.push(driver);
  await driver.start(never);
  return driver;
}

const request = (text: string, more: Partial<TtsRequest> = {}): TtsRequest => ({
  text,
  voice: 'slt',
  rate: 1,
  pitch: 0,
  cacheable: false,
  ...more,
});

async function speak(voice: TtsVoice, request: TtsRequest, signal = never): Promise<TtsChunk[]> {
  const chunks: TtsChunk[] = [];
  for await (const chunk of voice.synthesize(request, signal)) chunks.push(chunk);
  return chunks;
}

const samplesOf = (chunks: readonly TtsChunk[]): Int16Array =>
  Int16Array.from(chunks.flatMap((chunk) => [...chunk.pcm]));
const durationMs = (chunks: readonly TtsChunk[]): number =>
  chunks.reduce((sum, { pcm, sampleRate }) => sum + (pcm.length * 1000) / sampleRate, 0);

/** Median pitch of the voiced stretches, by autocorrelation, Hz. */
function pitchOf(pcm: Int16Array, sampleRate: number): number {
  const window = Math.round(sampleRate * 0.04);
  const found: number[] = [];
  for (let at = 0; at + 2 * window < pcm.length; at += window) {
    const power = correlation(pcm, at, 0, window);
    if (power / window < 1000 ** 2) continue;
    let best = 0.8;
    let lag = 0;
    for (let candidate = Math.round(sampleRate / 400); candidate < sampleRate / 50; candidate++) {
      const later = correlation(pcm, at + candidate, 0, window);
      const match = correlation(pcm, at, candidate, window) / Math.sqrt(power * later);
      if (match > best + 0.01) [best, lag] = [match, candidate];
    }
    if (lag > 0) found.push(sampleRate / lag);
  }
  return found.sort((a, b) => a - b)[found.length >> 1]!;
}

function correlation(pcm: Int16Array, at: number, lag: number, length: number): number {
  let sum = 0;
  for (let i = 0; i < length; i++) sum += pcm[at + i]! * pcm[at + i + lag]!;
  return sum;
}

describe('embedded synthesiser', () => {
  it('speaks clause by clause, without silence in front, and says where each word ends', async () => {
    const voice = await (await startDriver()).createVoice(never);
    const chunks = await speak(voice, request(greeting));
    expect(chunks.map((chunk) => chunk.marks?.length)).toEqual([6, 4, 6]);
    expect(new Set(chunks.map((chunk) => chunk.sampleRate))).toEqual(new Set([16_000]));
    for (const { pcm } of chunks)
      expect(pcm.findIndex((sample) => Math.abs(sample) > 100) / 16).toBeLessThanOrEqual(30);

    const marks = chunks.flatMap((chunk) => chunk.marks!);
    const words = marks.map(({ textOffset }, i) =>
      greeting.slice(marks[i - 1]?.textOffset ?? 0, textOffset).replace(/^[ ,.]+/, ''),
    );
    expect(words).toEqual(greeting.replace(/[,.?]/g, '').split(' '));
    expect(marks.map((mark) => mark.endMs)).toEqual(marks.map((mark) => mark.endMs).sort((a, b) => a - b));
    expect(marks[5]!.endMs).toBeLessThanOrEqual(durationMs(chunks.slice(0, 1)));
    expect(marks.at(-1)!.endMs).toBeGreaterThan(durationMs(chunks) - 400);
    expect(marks.at(-1)!.endMs).toBeLessThanOrEqual(durationMs(chunks));
  });

  it('reads amounts and dates in words, with one mark behind each as it was written', async () => {
    const voice = await (await startDriver()).createVoice(never);
    const text = 'You owe $1,245.60 by 3/14/2024 ✔.';
    const chunks = await speak(voice, request(text));
    const marks = chunks.flatMap((chunk) => chunk.marks!);
    expect(marks.map((mark) => text.slice(0, mark.textOffset))).toEqual([
      'You',
      'You owe',
      'You owe $1,245.60',
      'You owe $1,245.60 by',
      'You owe $1,245.60 by 3/14/2024',
    ]);
    expect(marks[2]!.endMs - marks[1]!.endMs).toBeGreaterThan(2000);
  });

  it.each(['slt', 'rms', 'awb', 'kal16', 'kal'])(
    '%s: twice the rate is half as long, pitch goes up and down',
    async (name) => {
      const voice = await (await startDriver()).createVoice(never);
      const text = 'We were away a year ago and now we are all here';
      const plain = await speak(voice, request(text, { voice: name }));
      const fast = await speak(voice, request(text, { voice: name, rate: 2 }));
      const high = await speak(voice, request(text, { voice: name, pitch: 5 }));
      const low = await speak(voice, request(text, { voice: name, pitch: -5 }));
      expect(durationMs(fast) / durationMs(plain)).toBeCloseTo(0.5, 1);
      expect(durationMs(high) / durationMs(plain)).toBeCloseTo(1, 1);
      const [plainHz, highHz, lowHz] = [plain, high, low].map((chunks) =>
        pitchOf(samplesOf(chunks), chunks[0]!.sampleRate),
      );
      expect(highHz! / plainHz!).toBeGreaterThan(1.2);
      expect(highHz! / plainHz!).toBeLessThan(1.5);
      expect(lowHz! / plainHz!).toBeLessThan(0.85);
      expect(lowHz! / plainHz!).toBeGreaterThan(0.65);
      expect(plain[0]!.sampleRate).toBe(name === 'kal' ? 8000 : 16_000);
    },
  );

  it.each(['', '   ', '…', '😀👍', 'Привет'])('has nothing to say for %j', async (text) => {
    const voice = await (await startDriver()).createVoice(never);
    expect(await speak(voice, request(text))).toEqual([]);
  });

  it.each([
    ['a word of 5,000 letters', 'a'.repeat(5000)],
    ['5,000 characters without punctuation', 'hello '.repeat(833)],
    ['500 digits', '7'.repeat(500)],
    ['what looks like an option', '--help -o /etc/passwd -voice file:///x'],
    ['control characters', 'one\u0000two\u0007\u001b[31mthree'],
    ['half a surrogate pair', 'one \ud83d two'],
  ])('survives %s', async (_, text) => {
    const voice = await (await startDriver()).createVoice(never);
    const chunks = await speak(voice, request(text, { voice: 'kal' }));
    expect(durationMs(chunks)).toBeGreaterThan(500);
    expect(Math.max(...chunks.map((chunk) => durationMs([chunk])))).toBeLessThan(60_000);
  });

  it('stops in the middle when aborted, and speaks the next text at once', async () => {
    const voice = await (await startDriver()).createVoice(never);
    const controller = new AbortController();
    const heard: TtsChunk[] = [];
    const interrupted = (async () => {
      for await (const chunk of voice.synthesize(request(greeting), controller.signal)) {
        heard.push(chunk);
        controller.abort(new Aborted('barge_in'));
      }
    })();
    await expect(interrupted).rejects.toMatchObject({ kind: 'barge_in' });
    expect(heard).toHaveLength(1);
    expect(await speak(voice, request(greeting))).toHaveLength(3);
    await expect(speak(voice, request(greeting), controller.signal)).rejects.toMatchObject({ kind: 'barge_in' });
  });

  it('takes back what waits for a thread when aborted', async () => {
    const driver = await startDriver();
    const [first, second] = [await driver.createVoice(never), await driver.createVoice(never)];
    const long = speak(first, request('hello '.repeat(100)));
    const controller = new AbortController();
    const waiting = speak(second, request(greeting), controller.signal);
    controller.abort(new Aborted('hangup'));
    await expect(waiting).rejects.toMatchObject({ kind: 'hangup' });
    expect((await long).length).toBeGreaterThan(3);
  });

  it('makes no more than one clause ahead for a listener that stops', async () => {
    let jobs = 0;
    const driver = await startDriver({ spawn: (module) => countPosts(realWorker(module), () => jobs++) });
    const voice = await driver.createVoice(never);
    for await (const chunk of voice.synthesize(
      request('One is here. Two is here. Three is here. Four is here.'),
      never,
    )) {
      expect(chunk.pcm.length).toBeGreaterThan(0);
      break;
    }
    await speak(voice, request('Next'));
    expect(jobs).toBe(3);
  });

  it('keeps what is cacheable, and gives copies of it', async () => {
    let jobs = 0;
    const driver = await startDriver({ spawn: (module) => countPosts(realWorker(module), () => jobs++) });
    const voice = await driver.createVoice(never);
    await driver.prime([request(greeting)], never);
    const first = await speak(voice, request(greeting, { cacheable: true }));
    const original = samplesOf(first);
    first[0]!.pcm.fill(0);
    const second = await speak(voice, request(greeting, { cacheable: true }));
    expect(samplesOf(second)).toEqual(original);
    expect(jobs).toBe(3);
    const controller = new AbortController();
    const interrupted = (async () => {
      for await (const chunk of voice.synthesize(request(greeting, { cacheable: true }), controller.signal)) {
        controller.abort(new Aborted('barge_in', String(chunk.pcm.length)));
      }
    })();
    await expect(interrupted).rejects.toMatchObject({ kind: 'barge_in' });
  });

  it('fails what a dying thread had, and goes on with another', async () => {
    const workers: Worker[] = [];
    const incidents: string[] = [];
    const driver = await startDriver({
      spawn: (module) => {
        workers.push(realWorker(module));
        return workers.at(-1)!;
      },
      onIncident: (message) => incidents.push(message),
    });
    const voice = await driver.createVoice(never);
    const speaking = speak(voice, request('hello '.repeat(100)));
    const failure = expect(speaking).rejects.toMatchObject({ code: 'tts_failed', retryable: true });
    await workers[0]!.terminate();
    await failure;
    expect(await speak(voice, request(greeting))).toHaveLength(3);
    expect(incidents).toEqual(['synthesiser thread 1 ended with exit code 1']);
  });

  it('gives up on a thread that hangs', async () => {
    const clock = new ManualClock();
    const incidents: string[] = [];
    let spawned = 0;
    const driver = await startDriver({
      clock,
      hangMs: 4000,
      spawn: (module) => (spawned++ === 0 ? muteWorker() : realWorker(module)),
      onIncident: (message) => incidents.push(message),
    });
    const voice = await driver.createVoice(never);
    const failure = expect(speak(voice, request(greeting))).rejects.toMatchObject({
      code: 'tts_failed',
      retryable: true,
    });
    await clock.advance(4000);
    await failure;
    expect(incidents).toEqual(['synthesiser thread 1 took more than 4000 ms for a clause']);
    await clock.advance(0);
    expect(await speak(voice, request(greeting))).toHaveLength(3);
  });

  it('does not wait for ever when its thread does not come back', async () => {
    const clock = new ManualClock();
    const workers: Worker[] = [];
    const driver = await startDriver({
      clock,
      hangMs: 4000,
      spawn: (module) => {
        workers.push(workers.length === 0 ? realWorker(module) : new Worker('process.exit(9)', { eval: true }));
        return workers.at(-1)!;
      },
    });
    const voice = await driver.createVoice(never);
    await workers[0]!.terminate();
    const failure = expect(speak(voice, request(greeting))).rejects.toMatchObject({
      code: 'tts_failed',
      retryable: true,
    });
    await clock.advance(4000);
    await failure;
  });

  it.each([
    [{ voice: 'anna' }, 'unknown voice "anna"'],
    [{ rate: 0.4 }, 'rate 0.4'],
    [{ rate: Number.NaN }, 'rate NaN'],
    [{ pitch: 13 }, 'pitch 13'],
  ])('refuses %j', async (wrong, reason) => {
    const voice = await (await startDriver()).createVoice(never);
    await expect(speak(voice, request('Hello', wrong))).rejects.toMatchObject({
      code: 'invalid_parameter',
      message: expect.stringContaining(reason),
    });
  });

  it('ends what is being said when the voice or the driver is closed, and leaves no thread', async () => {
    let worker: Worker | undefined;
    const driver = await startDriver({ spawn: (module) => (worker = realWorker(module)) });
    const [first, second] = [await driver.createVoice(never), await driver.createVoice(never)];
    const outcomes = [first, second].map((voice) =>
      expect(speak(voice, request(greeting))).rejects.toMatchObject({ code: 'tts_failed' }),
    );
    await first.close();
    await outcomes[0];
    await driver.close();
    await outcomes[1];
    expect(worker!.threadId).toBe(-1);
    await expect(speak(first, request(greeting))).rejects.toMatchObject({ code: 'tts_failed' });
    await expect(driver.createVoice(never)).rejects.toMatchObject({ code: 'tts_failed' });
  });
});

function realWorker(module: WebAssembly.Module): Worker {
  return new Worker(compiledUrl(import.meta.url, './tts-worker.js'), { workerData: { module }, execArgv: [] });
}

/** Gets ready and never says anything again. */
function muteWorker(): Worker {
  return new Worker("require('node:worker_threads').parentPort.on('message', () => undefined).postMessage('ready')", {
    eval: true,
  });
}

function countPosts(worker: Worker, onPost: () => void): Worker {
  const post = worker.postMessage.bind(worker);
  worker.postMessage = (message: unknown) => {
    onPost();
    post(message);
  };
  return worker;
}
