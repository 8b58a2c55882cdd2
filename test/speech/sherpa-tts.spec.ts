import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { SherpaTtsDriver } from '../../src/speech/drivers/sherpa/sherpa-tts.driver.js';
import type { TtsChunk, TtsRequest, TtsVoice } from '../../src/speech/tts-voice.js';
import { SherpaBench, isRunning, sherpaConfig } from './sherpa-bench.js';

const never = new AbortController().signal;
const MS_PER_CHARACTER = 50;

let bench: SherpaBench;
let driver: SherpaTtsDriver;

async function started(ttsVoices: string[] = [], processes = 1): Promise<TtsVoice> {
  driver = new SherpaTtsDriver(sherpaConfig({ ttsVoices }), { ...bench.options(processes), cacheBytes: 1_000_000 });
  await driver.start(never);
  return driver.createVoice(never);
}

function request(text: string, given: Partial<TtsRequest> = {}): TtsRequest {
  return { text, voice: 'sherpa:0', language: 'nl-NL', rate: 1, pitch: 0, cacheable: false, ...given };
}

async function speak(voice: TtsVoice, asked: TtsRequest, signal = never): Promise<TtsChunk[]> {
  const chunks: TtsChunk[] = [];
  for await (const chunk of voice.synthesize(asked, signal)) chunks.push(chunk);
  return chunks;
}

const lengthMs = (chunks: readonly TtsChunk[]): number =>
  chunks.reduce((sum, { pcm, sampleRate }) => sum + (pcm.length * 1000) / sampleRate, 0);

/** Of a sine. */
function pitchOf(pcm: Int16Array, sampleRate: number): number {
  let crossings = 0;
  for (let i = 1; i < pcm.length; i++) if (pcm[i - 1]! < 0 && pcm[i]! >= 0) crossings++;
  return (crossings * sampleRate) / pcm.length;
}

describe('a VITS model of sherpa-onnx', () => {
  beforeEach(() => void (bench = new SherpaBench()));
  afterEach(async () => {
    await driver.close();
    expect(bench.processes.filter(isRunning)).toEqual([]);
    expect(bench.clock.pending).toBe(0);
  });

  it('speaks sentence by sentence', async () => {
    const voice = await started();
    const chunks = await speak(voice, request('hallo daar. alles is goed.'));
    expect(chunks.map(({ sampleRate }) => sampleRate)).toEqual([16_000, 16_000]);
    expect(lengthMs(chunks.slice(0, 1))).toBeCloseTo('hallo daar.'.length * MS_PER_CHARACTER, -2);
    expect(lengthMs(chunks.slice(1))).toBeCloseTo('alles is goed.'.length * MS_PER_CHARACTER, -2);
    expect(chunks.every(({ marks }) => marks === undefined)).toBe(true);
  });

  it('puts English numbers into words', async () => {
    const voice = await started();
    const chunks = await speak(voice, request('It is $12.', { language: 'en-US' }));
    expect(lengthMs(chunks)).toBeGreaterThan('it is twelve'.length * MS_PER_CHARACTER);
  });

  it('has speakers by number and by name, and a tempo', async () => {
    const voice = await started(['anna', 'ben']);
    expect(['anna', 'ben', 'sherpa:0', 'sherpa:1', 'sherpa:2', 'slt'].map((name) => driver.hasVoice(name))).toEqual([
      true,
      true,
      true,
      true,
      false,
      false,
    ]);
    expect(driver.defaultVoice).toBe('anna');
    const [anna] = await speak(voice, request('aaaaa', { voice: 'anna' }));
    const [ben] = await speak(voice, request('aaaaa', { voice: 'ben' }));
    const [second] = await speak(voice, request('aaaaa', { voice: 'sherpa:1' }));
    expect(pitchOf(ben!.pcm, 16_000) / pitchOf(anna!.pcm, 16_000)).toBeCloseTo(2, 1);
    expect(second!.pcm).toEqual(ben!.pcm);
    const fast = await speak(voice, request('aaaaa', { rate: 2 }));
    expect(lengthMs(fast)).toBeCloseTo(lengthMs([anna!]) / 2, -1);
    await expect(speak(voice, request('a', { voice: 'slt' }))).rejects.toMatchObject({ code: 'invalid_parameter' });
  });

  it('refuses names for speakers that the model does not have', async () => {
    await expect(started(['a', 'b', 'c'])).rejects.toThrow('SHERPA_TTS_VOICES: has 3 names, but the model has 2');
  });

  it('stops when it is told to, and speaks the next text', async () => {
    const voice = await started();
    const stop = new AbortController();
    const heard: TtsChunk[] = [];
    const speaking = async (): Promise<void> => {
      for await (const chunk of voice.synthesize(request('een. twee. drie. vier.'), stop.signal)) {
        heard.push(chunk);
        stop.abort(new Error('enough'));
      }
    };
    await expect(speaking()).rejects.toThrow('enough');
    expect(heard).toHaveLength(1);
    expect(await speak(voice, request('vijf.'))).toHaveLength(1);
  });

  it('says nothing where there is nothing to say, and fails where it cannot', async () => {
    const voice = await started();
    expect(await speak(voice, request(' … !? '))).toEqual([]);
    await expect(speak(voice, request('日本'))).rejects.toMatchObject({ code: 'tts_failed' });
    expect(await speak(voice, request('goed.'))).toHaveLength(1);
    expect(bench.incidents).toEqual([]);
  });

  it('keeps fixed phrases', async () => {
    const voice = await started();
    const asked = request('welkom.', { cacheable: true });
    const first = await speak(voice, asked);
    bench.signal(0, 'SIGSTOP');
    expect(await speak(voice, asked)).toEqual(first.map((chunk) => ({ ...chunk, isKept: true })));
  });

  it('fails for a moment when its process dies, and tells nobody what it was saying', async () => {
    const voice = await started();
    // The native code complains about what it cannot say.
    await expect(speak(voice, request('日本'))).rejects.toThrow();
    bench.signal(0, 'SIGSTOP');
    const speaking = speak(voice, request('geheim.'));
    bench.signal(0, 'SIGABRT');
    bench.signal(0, 'SIGCONT');
    await expect(speaking).rejects.toMatchObject({ code: 'tts_failed', retryable: true });
    expect(bench.incidents).toEqual(['sherpa tts process 1 failed: its process was ended by SIGABRT']);
    await bench.replacement(1);
    expect(await speak(voice, request('weer.'))).toHaveLength(1);
  });

  it('gives up a process that hangs', async () => {
    const voice = await started();
    bench.signal(0, 'SIGSTOP');
    const speaking = speak(voice, request('nu.'));
    const failed = expect(speaking).rejects.toMatchObject({ code: 'tts_failed', retryable: true });
    await bench.clock.advance(10_000);
    await failed;
    await bench.replacement(1);
    expect(await speak(voice, request('weer.'))).toHaveLength(1);
  });
});
