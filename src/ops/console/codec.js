/** @typedef {'pcm16' | 'mulaw' | 'alaw'} Encoding How one mono sample stands on the wire; `pcm16` is little-endian. */

const MU_LAW_BIAS = 33;
const MU_LAW_CLIP = 0x1fff;
const A_LAW_EVEN_BITS = 0x55;

const muLaw = { decode: tableOf(256, decodeMuLaw), encode: tableOf(65_536, encodeMuLaw) };
const aLaw = { decode: tableOf(256, decodeALaw), encode: tableOf(65_536, encodeALaw) };
const tables = { mulaw: muLaw, alaw: aLaw };

/**
 * @param {Encoding} encoding
 * @param {ArrayBuffer} bytes
 * @returns {Int16Array}
 */
export function decode(encoding, bytes) {
  if (encoding === 'pcm16') {
    const view = new DataView(bytes);
    return Int16Array.from({ length: bytes.byteLength >> 1 }, (_, i) => view.getInt16(2 * i, true));
  }
  const table = tables[encoding].decode;
  return Int16Array.from(new Uint8Array(bytes), (code) => table[code]);
}

/**
 * @param {Encoding} encoding
 * @param {Int16Array} pcm
 * @returns {ArrayBuffer}
 */
export function encode(encoding, pcm) {
  if (encoding === 'pcm16') {
    const view = new DataView(new ArrayBuffer(2 * pcm.length));
    pcm.forEach((sample, i) => view.setInt16(2 * i, sample, true));
    return view.buffer;
  }
  const table = tables[encoding].encode;
  return Uint8Array.from(pcm, (sample) => table[sample & 0xffff]).buffer;
}

/** @param {Float32Array} samples -1 to 1; louder ones are clipped */
export function toPcm16(samples) {
  return Int16Array.from(samples, (sample) => Math.max(-32_768, Math.min(32_767, Math.round(sample * 32_768))));
}

/** @param {Int16Array} pcm */
export function toFloat(pcm) {
  return Float32Array.from(pcm, (sample) => sample / 32_768);
}

/** @param {Float32Array} samples @returns root mean square, 0 to 1 */
export function rms(samples) {
  let sum = 0;
  for (const sample of samples) sum += sample * sample;
  return samples.length === 0 ? 0 : Math.sqrt(sum / samples.length);
}

/** Indexed by the code, or by the 16 bits of the sample taken as unsigned. */
function tableOf(length, convert) {
  return Int16Array.from({ length }, (_, i) => convert(length === 256 ? i : (i << 16) >> 16));
}

// G.711. Negative samples are taken as their one's complement, as the reference code of ITU-T G.191 does.

function decodeMuLaw(code) {
  const inverted = ~code;
  const magnitude = ((((inverted & 0x0f) << 1) + MU_LAW_BIAS) << ((inverted >> 4) & 7)) - MU_LAW_BIAS;
  return (code & 0x80 ? magnitude : -magnitude) * 4;
}

function encodeMuLaw(sample) {
  const magnitude = Math.min(((sample < 0 ? ~sample : sample) >> 2) + MU_LAW_BIAS, MU_LAW_CLIP);
  const segment = 26 - Math.clz32(magnitude);
  return (sample < 0 ? 0 : 0x80) | (~((segment << 4) | ((magnitude >> (segment + 1)) & 0x0f)) & 0x7f);
}

function decodeALaw(code) {
  const plain = code ^ A_LAW_EVEN_BITS;
  const segment = (plain >> 4) & 7;
  const step = (plain & 0x0f) << 4;
  const magnitude = segment === 0 ? step + 8 : (step + 0x108) << (segment - 1);
  return plain & 0x80 ? magnitude : -magnitude;
}

function encodeALaw(sample) {
  const magnitude = (sample < 0 ? ~sample : sample) >> 4;
  const segment = Math.max(0, 28 - Math.clz32(magnitude));
  const step = (segment === 0 ? magnitude : magnitude >> (segment - 1)) & 0x0f;
  return ((sample < 0 ? 0 : 0x80) | (segment << 4) | step) ^ A_LAW_EVEN_BITS;
}
