import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { main } from '../../src/cli/models.js';
import { SystemClock } from '../../src/kernel/clock.js';
import { checkModel } from '../../src/speech/drivers/sherpa/check-model.js';
import { findModel, type ModelTask } from '../../src/speech/drivers/sherpa/find-model.js';
import { SherpaSpeakerEmbedder } from '../../src/speech/drivers/sherpa/sherpa-speaker-embedder.js';
import { SherpaBench, modelsDir, sherpaConfig, tones } from './sherpa-bench.js';

const never = new AbortController().signal;
let folder: string;
const at = (...parts: string[]): string => path.join(folder, ...parts);
const check = (task: ModelTask) => checkModel(task, sherpaConfig({ modelsDir: folder }), new SystemClock());

beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'models-'));
  cpSync(modelsDir, folder, { recursive: true });
});
afterEach(() => rmSync(folder, { recursive: true }));

const lfsPointer = 'version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 1\n';
const page = '<!DOCTYPE html><html><title>Not Found</title></html>';

describe('a model', () => {
  it.each([
    ['stt', { kind: 'streaming transducer (zipformer2)', sampleRate: 16_000 }],
    ['tts', { kind: 'VITS', sampleRate: 16_000, speakers: 2 }],
    ['speaker', { kind: 'speaker embeddings (wespeaker)', dimension: 80 }],
  ] as const)('for %s is found, loaded and tried', async (task, found) => {
    expect(await check(task)).toMatchObject(found);
  });

  it('of one file is found in its place', async () => {
    const found = checkModel('stt', sherpaConfig({ sttModel: 'ctc' }), new SystemClock());
    expect(await found).toMatchObject({ kind: 'streaming CTC (zipformer2)' });
  });

  const faults: readonly [string, ModelTask, () => void, RegExp][] = [
    ['is not there', 'stt', () => rmSync(at('stt'), { recursive: true }), /stt is missing/],
    [
      'is a file',
      'stt',
      () => (rmSync(at('stt'), { recursive: true }), writeFileSync(at('stt'), '')),
      /stt is not a folder/,
    ],
    ['has a part missing', 'stt', () => rmSync(at('stt/joiner.onnx')), /stt has no joiner\*\.onnx/],
    ['has no tokens', 'stt', () => rmSync(at('stt/tokens.txt')), /tokens\.txt is missing/],
    [
      'has tokens that are none',
      'stt',
      () => writeFileSync(at('stt/tokens.txt'), 'a 0\nb\n'),
      /tokens\.txt has no .* line 2/,
    ],
    ['is empty', 'stt', () => truncateSync(at('stt/encoder.onnx')), /encoder\.onnx is empty/],
    ['is cut off', 'stt', () => truncateSync(at('stt/encoder.onnx'), 500), /encoder\.onnx is cut off/],
    [
      'is a pointer',
      'tts',
      () => writeFileSync(at('tts/model.onnx'), lfsPointer),
      /model\.onnx is a pointer of Git LFS/,
    ],
    ['is a web page', 'tts', () => writeFileSync(at('tts/model.onnx'), page), /model\.onnx is a web page/],
    ['has a web page for tokens', 'tts', () => writeFileSync(at('tts/tokens.txt'), page), /tokens\.txt is a web page/],
    [
      'is noise',
      'speaker',
      () => writeFileSync(at('speaker/model.onnx'), Buffer.alloc(999, 0xa7)),
      /model\.onnx is not an ONNX model/,
    ],
    [
      'is for something else',
      'tts',
      () => cpSync(at('speaker/model.onnx'), at('tts/model.onnx')),
      /not a VITS.*"wespeaker"/,
    ],
    [
      'does not stream',
      'stt',
      () => cpSync(at('tts/model.onnx'), at('stt/encoder.onnx')),
      /not a streaming recogniser.*"vits"/,
    ],
    [
      'is a folder',
      'stt',
      () => (rmSync(at('stt/tokens.txt')), mkdirSync(at('stt/tokens.txt'))),
      /tokens\.txt is a folder/,
    ],
  ];
  it.each(faults)('that %s (%s) is refused by name', async (_, task, spoil, reason) => {
    spoil();
    const refused = expect(findModel(task, sherpaConfig({ modelsDir: folder }))).rejects;
    await refused.toMatchObject({ code: 'config_invalid', retryable: false });
    await expect(findModel(task, sherpaConfig({ modelsDir: folder }))).rejects.toThrow(reason);
    await expect(findModel(task, sherpaConfig({ modelsDir: folder }))).rejects.toThrow(
      `SHERPA_${task.toUpperCase()}_MODEL: ${folder}`,
    );
  });

  it('that the native code would die of is refused, and nobody dies', async () => {
    const bytes = readFileSync(at('stt/encoder.onnx'));
    // Within the graph, where only the native code looks.
    bytes.fill(0xff, 60, 400);
    writeFileSync(at('stt/encoder.onnx'), bytes);
    await expect(check('stt')).rejects.toThrow(/SHERPA_STT_MODEL: the model in .*stt does not work: .*ended/);

    cpSync(at('broken'), at('stt'), { recursive: true, force: true });
    await expect(check('stt')).rejects.toThrow(/invalid dimensions for input: x.*ended by SIGABRT/);

    cpSync(at('tts/tokens.txt'), at('speaker/tokens.txt'));
    cpSync(at('stt/joiner.onnx'), at('stt/decoder.onnx'));
    await expect(check('stt')).rejects.toThrow(/does not work/);
  });

  it('is taken in its smaller form where that is wanted', async () => {
    cpSync(at('stt/encoder.onnx'), at('stt/encoder.int8.onnx'));
    const encoderOf = async (int8: boolean): Promise<unknown> =>
      (await findModel('stt', sherpaConfig({ modelsDir: folder, int8 }))).native.modelConfig['transducer'];
    expect(await encoderOf(true)).toMatchObject({ encoder: at('stt/encoder.int8.onnx') });
    expect(await encoderOf(false)).toMatchObject({ encoder: at('stt/encoder.onnx') });
  });
});

describe('speaker embeddings', () => {
  it('are alike for what sounds alike', async () => {
    const bench = new SherpaBench();
    const embedder = new SherpaSpeakerEmbedder(sherpaConfig(), bench.options());
    await embedder.start(never);
    try {
      const [low, lowToo, high] = await Promise.all(
        [tones(440, 440), tones(440, 440, 440), tones(3000, 3000)].map((pcm) => embedder.embed(pcm, never)),
      );
      expect([low!.length, embedder.dimension]).toEqual([80, 80]);
      expect(distance(low!, lowToo!)).toBeLessThan(distance(low!, high!) / 10);
      await expect(embedder.embed(new Int16Array(10), never)).rejects.toMatchObject({ code: 'unsupported' });
    } finally {
      await embedder.close();
    }
  });

  function distance(a: Float32Array, b: Float32Array): number {
    return Math.hypot(...a.map((value, i) => value - b[i]!));
  }
});

describe('npm run models', () => {
  let out = '';
  const environment = process.env;
  beforeEach(() => {
    out = '';
    process.env = { ...environment, SHERPA_MODELS_DIR: folder };
    for (const stream of [process.stdout, process.stderr])
      jest.spyOn(stream, 'write').mockImplementation((text) => ((out += String(text)), true));
  });
  afterEach(() => {
    process.env = environment;
    jest.restoreAllMocks();
  });

  it('checks what is there', async () => {
    expect(await main(['check'])).toBe(0);
    expect(out).toMatch(/^stt +ok .*\ntts +ok .*\nspeaker +ok .*\n$/);
  });

  it('tells of each what is wrong', async () => {
    rmSync(at('tts/model.onnx'));
    expect(await main(['check', 'tts', 'stt'])).toBe(1);
    expect(out).toMatch(/^stt +ok .*\ntts +WRONG +SHERPA_TTS_MODEL: .*has no .*onnx.*\n$/);
  });

  it('misses what is listed, or all', async () => {
    process.env['SHERPA_MODELS_DIR'] = at('broken');
    expect(await main(['check'])).toBe(1);
    expect(out).toContain('has no folder stt, tts or speaker');
    process.env['STT_SERVICE_MODELS'] = 'sherpa';
    expect(await main(['check'])).toBe(1);
    expect(out).toMatch(/stt +WRONG .*is missing/);
    delete process.env['SHERPA_MODELS_DIR'];
    expect(await main(['check'])).toBe(1);
    expect(out).toContain('SHERPA_MODELS_DIR: is not set');
  });

  it.each([[[]], [['fetch']], [['check', 'vad']], [['check', '--now']]])('does not do %j', async (args) => {
    expect(await main(args)).toBe(2);
    expect(out).toContain('Usage: npm run models');
  });

  it('explains which files are needed, and where from', async () => {
    expect(await main(['--help'])).toBe(0);
    for (const word of ['tokens.txt', 'espeak-ng-data', 'voices.bin', 'asr-models', 'SHERPA_MODELS_DIR'])
      expect(out).toContain(word);
  });
});
