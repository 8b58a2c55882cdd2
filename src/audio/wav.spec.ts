import { describe, expect, it } from '@jest/globals';
import { decodeALaw, decodeMuLaw } from './g711.js';
import { readWav, writeWav } from './wav.js';

const tone = Int16Array.from({ length: 801 }, (_, i) => 9000 * Math.sin(i / 7));

interface Layout {
  format: number;
  bits: number;
  channels?: number;
  data: Uint8Array;
  declaredLength?: number;
  extraChunk?: boolean;
}

function file({ format, bits, channels = 1, data, declaredLength = data.length, extraChunk = false }: Layout): Buffer {
  const header = Buffer.alloc(36);
  header.write('RIFF', 0, 'latin1');
  header.write('WAVEfmt ', 8, 'latin1');
  header.writeUInt32LE(16, 16);
  header.writeUInt16LE(format, 20);
  header.writeUInt16LE(channels, 22);
  header.writeUInt32LE(8000, 24);
  header.writeUInt16LE(bits, 34);
  const list = Buffer.from('LIST\x03\x00\x00\x00abc\x00', 'latin1');
  const dataHeader = Buffer.alloc(8);
  dataHeader.write('data', 0, 'latin1');
  dataHeader.writeUInt32LE(declaredLength, 4);
  return Buffer.concat([header, ...(extraChunk ? [list] : []), dataHeader, data]);
}

const write = (...channels: Int16Array[]): Buffer => writeWav({ sampleRate: 8000, channels });

describe('WAV files', () => {
  it('gives back mono and stereo as written', () => {
    const other = tone.map((sample) => -sample);
    expect(readWav(writeWav({ sampleRate: 16_000, channels: [tone] }))).toEqual({
      sampleRate: 16_000,
      channels: [tone],
    });
    expect(readWav(writeWav({ sampleRate: 8000, channels: [tone, other] }))).toEqual({
      sampleRate: 8000,
      channels: [tone, other],
    });
  });

  it('reads a file at an odd address and keeps no view on it', () => {
    const shifted = Buffer.concat([Buffer.of(0), writeWav({ sampleRate: 8000, channels: [tone] })]).subarray(1);
    const audio = readWav(shifted);
    shifted.fill(0);
    expect(audio.channels).toEqual([tone]);
  });

  it('reads mu-law and A-law', () => {
    const data = Uint8Array.of(0, 1, 128, 255);
    expect(readWav(file({ format: 7, bits: 8, data })).channels).toEqual([decodeMuLaw(data)]);
    expect(readWav(file({ format: 6, bits: 8, data })).channels).toEqual([decodeALaw(data)]);
    expect(readWav(file({ format: 7, bits: 8, channels: 2, data })).channels).toEqual([
      decodeMuLaw(data.filter((_, i) => i % 2 === 0)),
      decodeMuLaw(data.filter((_, i) => i % 2 === 1)),
    ]);
  });

  it('skips chunks it does not know, odd lengths included', () => {
    expect(readWav(file({ format: 1, bits: 16, data: Uint8Array.of(5, 0), extraChunk: true })).channels).toEqual([
      Int16Array.of(5),
    ]);
  });

  it.each([0, 0xffffffff, 1000])('takes what is there when the data are said to be %i bytes long', (declaredLength) => {
    const audio = readWav(file({ format: 1, bits: 16, data: Uint8Array.of(5, 0, 6, 0, 7), declaredLength }));
    expect(audio.channels).toEqual([Int16Array.of(5, 6)]);
  });

  const whole = writeWav({ sampleRate: 8000, channels: [tone] });
  it.each([
    ['nothing', new Uint8Array(0), 'RIFF/WAVE'],
    ['text', Buffer.from('this is not a sound file at all'), 'RIFF/WAVE'],
    ['a header alone', whole.subarray(0, 36), 'no data chunk'],
    ['a cut format', whole.subarray(0, 30), 'format chunk is too short'],
    ['24 bits', file({ format: 1, bits: 24, data: Uint8Array.of(1, 2, 3) }), 'encoding 1 with 24 bits'],
    ['MP3 inside', file({ format: 0x55, bits: 0, data: Uint8Array.of(1) }), 'encoding 85'],
    ['five channels', file({ format: 1, bits: 16, channels: 5, data: Uint8Array.of(1, 2) }), '5 channels'],
  ])('refuses %s, saying why', (_, bytes, reason) => {
    expect(() => readWav(bytes)).toThrow(
      expect.objectContaining({ code: 'invalid_parameter', message: expect.stringContaining(reason) }),
    );
  });

  it('refuses to write channels of different length, none, or three', () => {
    expect(() => write(tone, tone.subarray(1))).toThrow('differ in length');
    expect(() => write()).toThrow('0 channels');
    expect(() => write(tone, tone, tone)).toThrow('3 channels');
  });
});
