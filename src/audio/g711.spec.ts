import { describe, expect, it } from '@jest/globals';
import { decodeALaw, decodeMuLaw, encodeALaw, encodeMuLaw } from './g711.js';

/** After the reference code in ITU-T G.191 (STL), bit by bit, without tables. */
function referenceMuLawEncode(sample: number): number {
  let magnitude = (sample < 0 ? ~sample >> 2 : sample >> 2) + 33;
  if (magnitude > 0x1fff) magnitude = 0x1fff;
  let segment = 1;
  for (let rest = magnitude >> 6; rest !== 0; rest >>= 1) segment++;
  const code = ((8 - segment) << 4) | (0xf - ((magnitude >> segment) & 0xf));
  return sample < 0 ? code : code | 0x80;
}

function referenceMuLawDecode(code: number): number {
  const exponent = (~code >> 4) & 7;
  const step = 4 << (exponent + 1);
  const magnitude = (0x80 << exponent) + step * (~code & 0xf) + step / 2 - 4 * 33;
  return code < 0x80 ? -magnitude : magnitude;
}

function referenceALawEncode(sample: number): number {
  let magnitude = sample < 0 ? ~sample >> 4 : sample >> 4;
  if (magnitude > 15) {
    let exponent = 1;
    while (magnitude > 31) {
      magnitude >>= 1;
      exponent++;
    }
    magnitude = magnitude - 16 + (exponent << 4);
  }
  if (sample >= 0) magnitude |= 0x80;
  return magnitude ^ 0x55;
}

function referenceALawDecode(code: number): number {
  const plain = (code ^ 0x55) & 0x7f;
  const exponent = plain >> 4;
  let mantissa = plain & 0xf;
  if (exponent > 0) mantissa += 16;
  mantissa = (mantissa << 4) + 8;
  if (exponent > 1) mantissa <<= exponent - 1;
  return code > 127 ? mantissa : -mantissa;
}

const everySample = Int16Array.from({ length: 65_536 }, (_, i) => i - 32_768);
const everyCode = Uint8Array.from({ length: 256 }, (_, code) => code);

describe('G.711', () => {
  it('encodes all 65,536 samples as the mu-law reference does', () => {
    expect([...encodeMuLaw(everySample)]).toEqual([...everySample].map(referenceMuLawEncode));
  });

  it('encodes all 65,536 samples as the A-law reference does', () => {
    expect([...encodeALaw(everySample)]).toEqual([...everySample].map(referenceALawEncode));
  });

  it('decodes all 256 codes as the references do', () => {
    // Mu-law has a code for "minus zero", which is zero as an integer.
    expect([...decodeMuLaw(everyCode)]).toEqual([...everyCode].map((code) => referenceMuLawDecode(code) + 0 || 0));
    expect([...decodeALaw(everyCode)]).toEqual([...everyCode].map(referenceALawDecode));
  });

  it('gives back every A-law code, and every mu-law code but minus zero', () => {
    expect([...encodeALaw(decodeALaw(everyCode))]).toEqual([...everyCode]);
    expect([...encodeMuLaw(decodeMuLaw(everyCode))]).toEqual(
      [...everyCode].map((code) => (code === 0x7f ? 0xff : code)),
    );
  });
});
