import { decodeALaw, decodeMuLaw, encodeALaw, encodeMuLaw } from './g711.js';
import { PcmSlab } from './pcm-slab.js';
import { Pcm16Reader, bytesOfPcm16 } from './pcm16.js';

/** How one mono sample stands on the wire; `pcm16` is little-endian. */
export type AudioEncoding = 'pcm16' | 'mulaw' | 'alaw';

export const bytesPerSample: Readonly<Record<AudioEncoding, number>> = { pcm16: 2, mulaw: 1, alaw: 1 };

export interface AudioDecoder {
  /** For `pcm16` the result may be a view on `bytes`: copy it to keep it beyond the current call. */
  decode(bytes: Uint8Array): Int16Array;
}

export interface AudioEncoder {
  /** For `pcm16` the result is a view on `pcm`. */
  encode(pcm: Int16Array): Buffer;
}

const decoders: Readonly<Record<AudioEncoding, () => AudioDecoder>> = {
  pcm16: () => {
    const reader = new Pcm16Reader();
    return { decode: (bytes) => reader.read(bytes) };
  },
  mulaw: () => inSlab(decodeMuLaw),
  alaw: () => inSlab(decodeALaw),
};

function inSlab(decode: (bytes: Uint8Array, pcm: Int16Array) => Int16Array): AudioDecoder {
  const slab = new PcmSlab();
  return { decode: (bytes) => decode(bytes, slab.take(bytes.length)) };
}

const encoders: Readonly<Record<AudioEncoding, AudioEncoder>> = {
  pcm16: { encode: bytesOfPcm16 },
  mulaw: { encode: encodeMuLaw },
  alaw: { encode: encodeALaw },
};

/** One decoder for each stream: `pcm16` keeps half a sample from one frame to the next. */
export function createDecoder(encoding: AudioEncoding): AudioDecoder {
  return decoders[encoding]();
}

export function createEncoder(encoding: AudioEncoding): AudioEncoder {
  return encoders[encoding];
}
