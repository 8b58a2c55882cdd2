/**
 * G.711 by table: 256 entries to decode, 65,536 to encode. Negative samples are taken as their one's complement, as the
 * reference code of ITU-T G.191 does, so that both polarities have the same decision points.
 */

const MU_LAW_BIAS = 33;
const MU_LAW_CLIP = 0x1fff;

function encodeMuLawSample(sample: number): number {
  const magnitude = Math.min(((sample < 0 ? ~sample : sample) >> 2) + MU_LAW_BIAS, MU_LAW_CLIP);
  const segment = 26 - Math.clz32(magnitude);
  const step = (magnitude >> (segment + 1)) & 0x0f;
  // All magnitude bits are inverted on the line, so that silence is not a long run of zeros.
  return (sample < 0 ? 0 : 0x80) | (~((segment << 4) | step) & 0x7f);
}

function decodeMuLawByte(code: number): number {
  const inverted = ~code;
  const segment = (inverted >> 4) & 0x07;
  const magnitude = ((((inverted & 0x0f) << 1) + MU_LAW_BIAS) << segment) - MU_LAW_BIAS;
  return (code & 0x80 ? magnitude : -magnitude) * 4;
}

const A_LAW_EVEN_BITS = 0x55;

function encodeALawSample(sample: number): number {
  const magnitude = (sample < 0 ? ~sample : sample) >> 4;
  const segment = Math.max(0, 28 - Math.clz32(magnitude));
  const step = (segment === 0 ? magnitude : magnitude >> (segment - 1)) & 0x0f;
  return ((sample < 0 ? 0 : 0x80) | (segment << 4) | step) ^ A_LAW_EVEN_BITS;
}

function decodeALawByte(code: number): number {
  const plain = code ^ A_LAW_EVEN_BITS;
  const segment = (plain >> 4) & 0x07;
  const step = plain & 0x0f;
  const magnitude = segment === 0 ? (step << 4) + 8 : ((step << 4) + 0x108) << (segment - 1);
  return plain & 0x80 ? magnitude : -magnitude;
}

function decodeTable(decode: (code: number) => number): Int16Array {
  return Int16Array.from({ length: 256 }, (_, code) => decode(code));
}

/** Indexed by the sample's 16 bits taken as unsigned. */
function encodeTable(encode: (sample: number) => number): Uint8Array {
  const table = new Uint8Array(65_536);
  for (let sample = -32_768; sample < 32_768; sample++) table[sample & 0xffff] = encode(sample);
  return table;
}

const MU_LAW_DECODE = decodeTable(decodeMuLawByte);
const A_LAW_DECODE = decodeTable(decodeALawByte);
const MU_LAW_ENCODE = encodeTable(encodeMuLawSample);
const A_LAW_ENCODE = encodeTable(encodeALawSample);

function decodeWith(table: Int16Array, bytes: Uint8Array, pcm: Int16Array): Int16Array {
  for (let i = 0; i < bytes.length; i++) pcm[i] = table[bytes[i]!]!;
  return pcm;
}

function encodeWith(table: Uint8Array, pcm: Int16Array): Buffer {
  const bytes = Buffer.allocUnsafe(pcm.length);
  for (let i = 0; i < pcm.length; i++) bytes[i] = table[pcm[i]! & 0xffff]!;
  return bytes;
}

/** @param pcm as long as `bytes`; returned. */
export const decodeMuLaw = (bytes: Uint8Array, pcm: Int16Array = new Int16Array(bytes.length)): Int16Array =>
  decodeWith(MU_LAW_DECODE, bytes, pcm);
export const decodeALaw = (bytes: Uint8Array, pcm: Int16Array = new Int16Array(bytes.length)): Int16Array =>
  decodeWith(A_LAW_DECODE, bytes, pcm);
export const encodeMuLaw = (pcm: Int16Array): Buffer => encodeWith(MU_LAW_ENCODE, pcm);
export const encodeALaw = (pcm: Int16Array): Buffer => encodeWith(A_LAW_ENCODE, pcm);
