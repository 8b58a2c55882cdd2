import { afterEach, describe, expect, it } from '@jest/globals';
import { readFileSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { Worker } from 'node:worker_threads';
import { Resampler } from '../../../audio/resampler.js';
import { readWav } from '../../../audio/wav.js';
import { Aborted } from '../../../kernel/abort.js';
import { ManualClock } from '../../../kernel/clock.js';
import { compiledUrl } from '../../../kernel/compiled-url.js';
import type { VadRate, VoiceActivityDetector } from '../../voice-activity.js';
import { readSileroModel, windowShape } from './silero-model.js';
import { SileroVad, type SileroVadOptions } from './silero-vad.js';

const never = new AbortController().signal;
const rates: VadRate[] = [8000, 16_000];
const started: SileroVad[] = [];

afterEach(async () => {
  await Promise.all(started.splice(0).map((vad) => vad.close()));
});

async function startVad(options: SileroVadOptions = {}): Promise<SileroVad> {
  const vad = new SileroVad(options);
  started.push(vad);
  await vad.start(never);
  return vad;
}

function callerSays(file: string, rate: VadRate): Int16Array {
  const { sampleRate, channels } = readWav(
    readFileSync(new URL(`../../../../test/fixtures/callers/${file}`, import.meta.url)),
  );
  return new Resampler(sampleRate, rate).process(channels[0]!);
}

const silence = (rate: VadRate): Int16Array => new Int16Array(rate * 2);
const speech = (rate: VadRate): Int16Array => callerSays('alan-10-charge.wav', rate);

/** 1-5-9 on a telephone's keys, 200 ms each with 100 ms between. */
function keyTones(rate: VadRate): Int16Array {
  const keys = [
    [697, 1209],
    [770, 1336],
    [852, 1477],
  ] as const;
  return Int16Array.from({ length: rate * 1.8 }, (_, i) => {
    const ms = ((i / rate) * 1000) % 900;
    const [low, high] = keys[Math.floor(ms / 300)]!;
    if (ms % 300 >= 200) return 0;
    return 6000 * (Math.sin((2 * Math.PI * low * i) / rate) + Math.sin((2 * Math.PI * high * i) / rate));
  });
}

/** Writes `pcm` in chunks and resolves with one probability for each window, checking their order. */
function detect(
  vad: VoiceActivityDetector,
  rate: VadRate,
  pcm: Int16Array,
  chunkLengths: readonly number[] = [rate / 50],
): Promise<number[]> {
  const windows = Math.floor(pcm.length / windowShape[rate].samples);
  return new Promise((resolve, reject) => {
    const probabilities: number[] = [];
    const stream = vad.open(rate, (probability, endMs) => {
      probabilities.push(probability);
      if (endMs !== probabilities.length * 32) reject(new Error(`window ${probabilities.length} ends at ${endMs} ms`));
      if (probabilities.length < windows) return;
      stream.close();
      resolve(probabilities);
    });
    for (let offset = 0, i = 0; offset < pcm.length; i++) {
      const length = chunkLengths[i % chunkLengths.length]!;
      stream.write(pcm.subarray(offset, offset + length));
      offset += length;
    }
  });
}

const share = (probabilities: readonly number[], isCounted: (p: number) => boolean): number =>
  probabilities.filter(isCounted).length / probabilities.length;

describe('Silero VAD', () => {
  it.each(rates)('at %i Hz hears speech, and neither silence nor key tones', async (rate) => {
    const vad = await startVad();
    const [quiet, spoken, keys] = await Promise.all([
      detect(vad, rate, silence(rate)),
      detect(vad, rate, speech(rate)),
      detect(vad, rate, keyTones(rate)),
    ]);
    expect(share(quiet, (p) => p < 0.2)).toBe(1);
    expect(share(spoken, (p) => p > 0.9)).toBeGreaterThan(0.7);
    expect(share(keys, (p) => p < 0.5)).toBe(1);
  });

  it('gives a stream the same answers alone and among others, whatever the lengths of its chunks', async () => {
    const vad = await startVad();
    for (const rate of rates) {
      const alone = await detect(vad, rate, speech(rate), [speech(rate).length]);
      const [among] = await Promise.all([
        detect(vad, rate, speech(rate), [1, 0, 7, 1000, 33]),
        ...rates.flatMap((other) => [
          detect(vad, other, silence(other)),
          detect(vad, other, keyTones(other)),
          detect(vad, other, callerSays('noel-15-weather.wav', other)),
        ]),
      ]);
      expect(among).toHaveLength(alone.length);
      expect(Math.max(...alone.map((p, i) => Math.abs(p - among[i]!)))).toBeLessThan(1e-5);
    }
  });

  it('goes on with another thread when its own dies', async () => {
    const workers: Worker[] = [];
    const incidents: string[] = [];
    const vad = await startVad({
      spawn: (model) => {
        workers.push(realWorker(model));
        return workers.at(-1)!;
      },
      onIncident: (message) => incidents.push(message),
    });
    const before = detect(vad, 8000, speech(8000));
    await workers[0]!.terminate();
    const [lost, after] = await Promise.all([before, detect(vad, 8000, speech(8000))]);
    expect(lost).toHaveLength(after.length);
    expect(share(after, (p) => p > 0.9)).toBeGreaterThan(0.7);
    expect(incidents).toHaveLength(1);
    expect(workers).toHaveLength(2);
  });

  it('replaces a thread that hangs, and answers what it had with what was true before', async () => {
    const clock = new ManualClock();
    const incidents: string[] = [];
    let spawned = 0;
    const vad = await startVad({
      clock,
      hangMs: 3000,
      spawn: (model) => (spawned++ === 0 ? muteWorker() : realWorker(model)),
      onIncident: (message) => incidents.push(message),
    });
    const answers = detect(vad, 8000, silence(8000).subarray(0, 256 * 4));
    await clock.advance(2999);
    expect(incidents).toEqual([]);
    await clock.advance(1);
    expect(await answers).toEqual([0, 0, 0, 0]);
    expect(incidents).toEqual(['the VAD thread did not answer within 3000 ms']);
    // The retry of the start is due at once.
    const next = detect(vad, 8000, speech(8000));
    await clock.advance(0);
    expect(share(await next, (p) => p > 0.9)).toBeGreaterThan(0.7);
  });

  it('keeps five seconds for a thread that does not come, and calls the rest silence', async () => {
    const clock = new ManualClock();
    let spawned = 0;
    let worker: Worker | undefined;
    const vad = await startVad({
      clock,
      spawn: (model) => (worker = spawned++ === 0 ? realWorker(model) : new Worker('process.exit(9)', { eval: true })),
    });
    await worker!.terminate();
    let answers = 0;
    const stream = vad.open(8000, (probability) => {
      expect(probability).toBe(0);
      answers++;
    });
    for (let i = 0; i < 10; i++) stream.write(speech(8000).subarray(0, 256 * 50));
    expect(answers).toBeGreaterThanOrEqual(500 - 161);
    expect(answers).toBeLessThan(500);
  });

  it('says nothing more after close, and its thread is gone', async () => {
    let worker: Worker | undefined;
    const vad = await startVad({ spawn: (model) => (worker = realWorker(model)) });
    const heard: number[] = [];
    const stream = vad.open(8000, (p) => heard.push(p));
    stream.write(speech(8000));
    await vad.close();
    stream.write(speech(8000));
    stream.close();
    expect(worker!.threadId).toBe(-1);
    expect(heard).toEqual([]);
    expect(() => vad.open(8000, () => undefined)).toThrow('not running');
  });

  it('does not start when it is told to stop, or when its thread cannot', async () => {
    const controller = new AbortController();
    controller.abort(new Aborted('shutdown'));
    await expect(new SileroVad().start(controller.signal)).rejects.toMatchObject({ kind: 'shutdown' });
    const broken = new SileroVad({ spawn: () => new Worker('throw new Error("no such library")', { eval: true }) });
    await expect(broken.start(never)).rejects.toThrow('no such library');
  });

  it('refuses a model file that is not the one of the release', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'parley-vad-'));
    const file = join(folder, 'model.onnx');
    await writeFile(file, Buffer.from(await readSileroModel()).fill(0, 1000, 1001));
    await expect(readSileroModel(pathToFileURL(file))).rejects.toMatchObject({ code: 'build_failed' });
    await rm(folder, { recursive: true });
    await expect(readSileroModel(pathToFileURL(file))).rejects.toThrow('cannot be read');
  });
});

function realWorker(model: Uint8Array): Worker {
  return new Worker(compiledUrl(import.meta.url, './silero-worker.js'), { workerData: { model }, execArgv: [] });
}

/** Gets ready and never says anything again. */
function muteWorker(): Worker {
  return new Worker("require('node:worker_threads').parentPort.on('message', () => undefined).postMessage('ready')", {
    eval: true,
  });
}
