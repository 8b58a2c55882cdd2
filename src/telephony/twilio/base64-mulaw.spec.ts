import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { decodeMuLaw, encodeMuLaw } from '../../audio/g711.js';
import { decodeBase64MuLaw, decodedLength, encodeBase64MuLaw, encodedLength } from './base64-mulaw.js';

function decode(text: string, before = ''): Int16Array | undefined {
  const bytes = Buffer.from(before + text, 'latin1');
  const length = decodedLength(bytes, before.length, bytes.length);
  if (length < 0) return undefined;
  const pcm = new Int16Array(length);
  return decodeBase64MuLaw(bytes, before.length, bytes.length, pcm) ? pcm : undefined;
}

function encode(pcm: Int16Array, before = ''): string {
  const bytes = Buffer.alloc(before.length + encodedLength(pcm.length));
  bytes.write(before, 'latin1');
  encodeBase64MuLaw(pcm, bytes, before.length);
  return bytes.toString('latin1');
}

const samples = fc.int16Array({ maxLength: 200 });

describe('base64 of mu-law', () => {
  it('has every code, and lengths of every kind', () => {
    for (let length = 0; length <= 256; length++) {
      const codes = Uint8Array.from({ length }, (_, code) => code);
      expect(decode(Buffer.from(codes).toString('base64'))).toEqual(decodeMuLaw(codes));
    }
  });

  it('is decoded as Buffer and G.711 do it, wherever it stands', () => {
    fc.assert(
      fc.property(
        fc.uint8Array({ maxLength: 400 }),
        fc.string({ maxLength: 8, unit: 'grapheme-ascii' }),
        (codes, before) => {
          expect(decode(Buffer.from(codes).toString('base64'), before)).toEqual(decodeMuLaw(codes));
        },
      ),
    );
  });

  it('is encoded as Buffer and G.711 do it, wherever it stands', () => {
    fc.assert(
      fc.property(samples, fc.string({ maxLength: 8, unit: 'grapheme-ascii' }), (pcm, before) => {
        expect(encode(pcm, before)).toBe(before + encodeMuLaw(pcm).toString('base64'));
      }),
    );
  });

  it.each([
    'A',
    'AA',
    'AAA',
    'AAAA=',
    'A===',
    '====',
    'AA=A',
    'A=AA',
    '=AAA',
    'AA==AAAA',
    'AA AA',
    'AAA\n',
    'AA-_',
    'AAA"',
  ])('is not %j', (text) => {
    expect(decode(text)).toBeUndefined();
  });

  it('is not what has any other byte anywhere', () => {
    fc.assert(
      fc.property(
        fc.uint8Array({ minLength: 1, maxLength: 40 }),
        fc.nat(),
        fc.integer({ min: 0, max: 255 }).filter((byte) => !/[A-Za-z0-9+/=]/.test(String.fromCharCode(byte))),
        (codes, at, byte) => {
          const text = Buffer.from(Buffer.from(codes).toString('base64').replaceAll('=', 'A'), 'latin1');
          text[at % text.length] = byte;
          expect(decode(text.toString('latin1'))).toBeUndefined();
        },
      ),
    );
  });
});
