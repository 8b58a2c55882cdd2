/** G.711 μ-law by table, in both directions (ITU-T G.711, 14-bit magnitudes scaled to 16 bits). */

const BIAS = 0x84;
const CLIP = 32_635;

/** μ-law byte → PCM sample. */
export const PCM_OF_MULAW: Int16Array = Int16Array.from({ length: 256 }, (_, byte) => {
  const bits = ~byte & 0xff;
  const magnitude = (((bits & 0x0f) << 3) + BIAS) << ((bits & 0x70) >> 4);
  return bits & 0x80 ? BIAS - magnitude : magnitude - BIAS;
});

/** PCM sample + 32768 → μ-law byte. */
const MULAW_OF_PCM: Uint8Array = Uint8Array.from({ length: 65_536 }, (_, index) => {
  const sample = index - 32_768;
  const sign = sample < 0 ? 0x80 : 0;
  const magnitude = Math.min(Math.abs(sample), CLIP) + BIAS;
  const exponent = 31 - Math.clz32(magnitude) - 7;
  return ~(sign | (exponent << 4) | ((magnitude >> (exponent + 3)) & 0x0f)) & 0xff;
});

export function decodeMulaw(bytes: Uint8Array): Int16Array {
  const pcm = new Int16Array(bytes.length);
  for (let i = 0; i < bytes.length; i++) pcm[i] = PCM_OF_MULAW[bytes[i]!]!;
  return pcm;
}

export function encodeMulaw(pcm: Int16Array): Uint8Array {
  const bytes = new Uint8Array(pcm.length);
  for (let i = 0; i < pcm.length; i++) bytes[i] = MULAW_OF_PCM[pcm[i]! + 32_768]!;
  return bytes;
}

/** `amplitude` in PCM units, `ms` long; it starts at phase 0. */
export function tone(frequency: number, ms: number, sampleRate: number, amplitude = 12_000): Int16Array {
  const pcm = new Int16Array(Math.round((ms * sampleRate) / 1000));
  for (let i = 0; i < pcm.length; i++)
    pcm[i] = Math.round(amplitude * Math.sin((2 * Math.PI * frequency * i) / sampleRate));
  return pcm;
}
