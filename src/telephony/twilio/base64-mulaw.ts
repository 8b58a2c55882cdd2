import { decodeMuLaw, encodeMuLaw } from '../../audio/g711.js';

/**
 * Mu-law in base64, from and to samples in one pass by table: the payload of a `media` frame, fifty times a second in
 * each direction of each call.
 */

const ALPHABET = Buffer.from('ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/', 'latin1');
const PADDING = 0x3d;
const NOT_IN_ALPHABET = -1;

/** Six bits by character. */
const SIX_BITS = new Int8Array(256).fill(NOT_IN_ALPHABET);
ALPHABET.forEach((character, value) => (SIX_BITS[character] = value));

/** Sample by mu-law byte. */
const SAMPLE = decodeMuLaw(Uint8Array.from({ length: 256 }, (_, code) => code));
/** Mu-law byte by the sample's 16 bits taken as unsigned. */
const CODE = encodeMuLaw(Int16Array.from({ length: 65_536 }, (_, bits) => bits));

/** How many bytes a piece of base64 without its padding stands for; -1 where there is no such length. */
export function decodedLength(text: Uint8Array, start: number, end: number): number {
  const length = end - start;
  if (length % 4 !== 0) return -1;
  if (length === 0) return 0;
  const padding = text[end - 1] !== PADDING ? 0 : text[end - 2] !== PADDING ? 1 : 2;
  return (length / 4) * 3 - padding;
}

/**
 * Decodes `text[start..end)`, strictly: the standard alphabet, padded, nothing else between.
 *
 * @param pcm as long as `decodedLength` says. What it holds after a failure is undefined.
 * @returns whether it was base64.
 */
export function decodeBase64MuLaw(text: Uint8Array, start: number, end: number, pcm: Int16Array): boolean {
  const whole = pcm.length - (pcm.length % 3);
  let at = start;
  // Negative as soon as one of the characters was.
  let all = 0;
  for (let i = 0; i < whole; i += 3, at += 4) {
    const a = SIX_BITS[text[at]!]!;
    const b = SIX_BITS[text[at + 1]!]!;
    const c = SIX_BITS[text[at + 2]!]!;
    const d = SIX_BITS[text[at + 3]!]!;
    all |= a | b | c | d;
    const bits = (a << 18) | (b << 12) | (c << 6) | d;
    pcm[i] = SAMPLE[(bits >> 16) & 0xff]!;
    pcm[i + 1] = SAMPLE[(bits >> 8) & 0xff]!;
    pcm[i + 2] = SAMPLE[bits & 0xff]!;
  }
  if (whole < pcm.length) {
    const a = SIX_BITS[text[at]!]!;
    const b = SIX_BITS[text[at + 1]!]!;
    all |= a | b;
    pcm[whole] = SAMPLE[((a << 2) | (b >> 4)) & 0xff]!;
    if (whole + 1 < pcm.length) {
      const c = SIX_BITS[text[at + 2]!]!;
      all |= c;
      pcm[whole + 1] = SAMPLE[((b << 4) | (c >> 2)) & 0xff]!;
    }
  }
  return all >= 0;
}

/** How many characters, padding included, stand for so many bytes. */
export function encodedLength(bytes: number): number {
  return Math.ceil(bytes / 3) * 4;
}

/** Writes the samples as padded base64 of mu-law to `target` from `offset` on: `encodedLength(pcm.length)` characters. */
export function encodeBase64MuLaw(pcm: Int16Array, target: Uint8Array, offset: number): void {
  const whole = pcm.length - (pcm.length % 3);
  let at = offset;
  for (let i = 0; i < whole; i += 3, at += 4) {
    const bits = (CODE[pcm[i]! & 0xffff]! << 16) | (CODE[pcm[i + 1]! & 0xffff]! << 8) | CODE[pcm[i + 2]! & 0xffff]!;
    target[at] = ALPHABET[bits >> 18]!;
    target[at + 1] = ALPHABET[(bits >> 12) & 0x3f]!;
    target[at + 2] = ALPHABET[(bits >> 6) & 0x3f]!;
    target[at + 3] = ALPHABET[bits & 0x3f]!;
  }
  if (whole === pcm.length) return;
  const a = CODE[pcm[whole]! & 0xffff]!;
  const two = whole + 1 < pcm.length;
  const b = two ? CODE[pcm[whole + 1]! & 0xffff]! : 0;
  target[at] = ALPHABET[a >> 2]!;
  target[at + 1] = ALPHABET[((a & 0x03) << 4) | (b >> 4)]!;
  target[at + 2] = two ? ALPHABET[(b & 0x0f) << 2]! : PADDING;
  target[at + 3] = PADDING;
}
