import { describe, expect, it } from '@jest/globals';
import { buffer } from 'node:stream/consumers';
import { encodeMuLaw } from '../../audio/g711.js';
import { readWav, writeWav } from '../../audio/wav.js';
import { Chance } from '../../kernel/chance.js';
import { ParleyError } from '../../kernel/errors.js';
import { nameOfPiece, timesOfPiece } from './piece-name.js';
import { ScriptedArchive } from './testing/scripted-archive.js';
import { type WholeRecording, WholeRecordings } from './whole-recording.js';

const RATE = 8000;
const PER_MS = RATE / 1000;
const HOUR_MS = 3_600_000;

const left = (index: number): number => (index % 30_000) + 1;
const right = (index: number): number => -(index % 30_000) - 1;

function pcm(fromMs: number, toMs: number, sample: (index: number) => number): Int16Array {
  return Int16Array.from({ length: (toMs - fromMs) * PER_MS }, (_, i) => sample(fromMs * PER_MS + i));
}

const stereo = (fromMs: number, toMs: number): Buffer =>
  writeWav({ sampleRate: RATE, channels: [pcm(fromMs, toMs, left), pcm(fromMs, toMs, right)] });

async function recordingOf(pieces: Record<string, Uint8Array>): Promise<WholeRecording> {
  const archive = new ScriptedArchive();
  for (const [name, bytes] of Object.entries(pieces)) await archive.put('acme', 'c1', name, bytes);
  const source = {
    list: (tenant: string, id: string) => archive.list(tenant, id),
    open: (tenant: string, id: string, name: string) => archive.get(tenant, id, name),
  };
  return await new WholeRecordings(source).find('acme', 'c1');
}

const whole = async (recording: WholeRecording): Promise<Buffer> => await buffer(recording.read(0, recording.bytes));

describe('a recording as one file', () => {
  it('has silence where nothing is archived, and hears what comes twice once', async () => {
    const recording = await recordingOf({
      '000001000.wav': stereo(1000, 3000),
      '000002000-000004000.wav': stereo(2000, 4000),
      '000002500-000003500.wav': stereo(2500, 3500),
      '000006000.500-000007000.500.wav': stereo(6000, 7000),
    });
    const file = await whole(recording);
    expect(file.length).toBe(recording.bytes);
    const { sampleRate, channels } = readWav(file);
    expect([sampleRate, channels.length, channels[0]!.length]).toEqual([RATE, 2, 7000.5 * PER_MS]);
    for (const [channel, sample] of [left, right].entries()) {
      const expected = new Int16Array(7000.5 * PER_MS);
      expected.set(pcm(1000, 4000, sample), 1000 * PER_MS);
      expected.set(pcm(6000, 7000, sample), 6000.5 * PER_MS);
      expect(channels[channel]!.every((value, i) => value === expected[i])).toBe(true);
    }
    expect(recording.coverage).toEqual({
      durationMs: 7000.5,
      archivedMs: 4000,
      gaps: [
        { fromMs: 0, toMs: 1000 },
        { fromMs: 4000, toMs: 6000.5 },
      ],
    });
  });

  it('can be had in parts, from any byte to any other', async () => {
    const recording = await recordingOf({
      '000000010.wav': stereo(10, 50),
      '000000040-000000090.wav': stereo(40, 90),
      '000000120.wav': stereo(120, 130),
    });
    const file = await whole(recording);
    const chance = new Chance(1);
    for (let round = 0; round < 300; round++) {
      const start = Math.floor(chance.next() * file.length);
      const end = start + Math.ceil(chance.next() * (file.length - start) * (chance.happens(0.5) ? 1 : 0.01));
      expect((await buffer(recording.read(start, end))).equals(file.subarray(start, end))).toBe(true);
    }
  });

  it('has one leg on both sides, mu-law decoded, and the highest rate of its pieces', async () => {
    const tone = Int16Array.from({ length: 4000 }, (_, i) => 8000 * Math.sin((2 * Math.PI * 400 * i) / RATE));
    const muLaw = Buffer.from(writeWav({ sampleRate: RATE, channels: [new Int16Array(0)] }));
    muLaw.writeUInt16LE(7, 20);
    muLaw.writeUInt16LE(1, 32);
    muLaw.writeUInt16LE(8, 34);
    const high = Int16Array.from({ length: 8000 }, (_, i) => 8000 * Math.sin((2 * Math.PI * 400 * i) / 16_000));
    const recording = await recordingOf({
      '000000000.wav': Buffer.concat([muLaw, encodeMuLaw(tone)]),
      '000000500.wav': writeWav({ sampleRate: 16_000, channels: [high] }),
    });
    const { sampleRate, channels } = readWav(await whole(recording));
    expect([sampleRate, channels[0]!.length]).toEqual([16_000, 16_000]);
    expect(channels[0]).toEqual(channels[1]);
    const off = channels[0]!.subarray(8000).map((sample, i) => Math.abs(sample - high[i]!));
    expect(Math.max(...off)).toBe(0);
    const level = (from: number, to: number): number => Math.max(...channels[0]!.subarray(from, to));
    expect(Math.abs(level(1000, 7000) - 8000)).toBeLessThan(300);
    // From the middle of what is converted on it is the same.
    const part = await buffer(recording.read(44 + 4 * 5000, 44 + 4 * 9000));
    expect(part.equals((await whole(recording)).subarray(44 + 4 * 5000, 44 + 4 * 9000))).toBe(true);
  });

  it('passes over what is no piece, is silent where one is spoilt, and is locked where a key is missing', async () => {
    const archive = new ScriptedArchive();
    await archive.put('acme', 'c1', '000000000.wav', stereo(0, 100));
    await archive.put('acme', 'c1', '000000100.wav', Buffer.from('not a recording'));
    await archive.put('acme', 'c1', '000000200.wav', stereo(200, 300));
    await archive.put('acme', 'c1', 'notes.txt', Buffer.from('x'));
    let isLocked = false;
    const recordings = new WholeRecordings({
      list: (tenant, id) => archive.list(tenant, id),
      open: (tenant, id, name) =>
        isLocked && name === '000000200.wav'
          ? Promise.reject(new ParleyError('key_missing', 'the key "k1"'))
          : archive.get(tenant, id, name),
    });
    const { coverage, pieces, locked } = await recordings.find('acme', 'c1');
    expect([coverage.gaps, locked]).toEqual([[{ fromMs: 100, toMs: 200 }], undefined]);
    expect(pieces.map(({ audio, timed, problem }) => [audio.name, timed?.frames, problem?.code])).toEqual([
      ['000000000.wav', 800, undefined],
      ['000000100.wav', undefined, 'store_failed'],
      ['000000200.wav', 800, undefined],
      ['notes.txt', undefined, undefined],
    ]);
    isLocked = true;
    archive.writtenAt = '2026-02-02T00:00:00.000Z';
    expect((await recordings.find('acme', 'c1')).locked?.message).toBe('the key "k1"');
  });

  it('breaks off where a piece is gone that was there, and is refused where it would be too long', async () => {
    const archive = new ScriptedArchive();
    await archive.put('acme', 'c1', '000000000.wav', stereo(0, 100));
    await archive.put('acme', 'c1', '000000100.wav', stereo(100, 200));
    const recordings = new WholeRecordings({
      list: (tenant, id) => archive.list(tenant, id),
      open: (tenant, id, name) => archive.get(tenant, id, name),
    });
    const recording = await recordings.find('acme', 'c1');
    await archive.remove('acme', 'c1', '000000100.wav');
    await expect(whole(recording)).rejects.toMatchObject({ code: 'store_failed' });
    await archive.put('acme', 'c1', nameOfPiece(40 * HOUR_MS), stereo(0, 100));
    const long = await recordings.find('acme', 'c1');
    expect(() => long.read(0, 100)).toThrow(expect.objectContaining({ code: 'unsupported' }));
  });

  it('is nothing of nothing', async () => {
    expect(await recordingOf({})).toMatchObject({ bytes: 0, coverage: { durationMs: 0, archivedMs: 0, gaps: [] } });
  });
});

describe('the name of a piece', () => {
  it('says when it begins, and perhaps when it ends', () => {
    expect(nameOfPiece(60_000)).toBe('000060000.wav');
    expect(nameOfPiece(60_000.0625, 120_000.9999)).toBe('000060000.063-000120001.wav');
    for (const [startMs, endMs] of [
      [0, undefined],
      [1.125, undefined],
      [999_999_999, 1_000_000_000.5],
    ] as const)
      expect(timesOfPiece(nameOfPiece(startMs, endMs))).toEqual({ startMs, endMs });
    for (const other of ['x.wav', '000060000.json', '60.wav', '000060000.1.wav', '000060000-.wav', '000060000.wav.enc'])
      expect(timesOfPiece(other)).toBeUndefined();
  });
});
