import { setImmediate as nextTurn } from 'node:timers/promises';
import { Resampler } from '../../audio/resampler.js';

/** Hz of what embedders take. */
export const VOICE_RATE = 16_000;

/** As embedders take it. Calls go on in between: a second is converted at a time. @param sampleRate Hz of `pcm` */
export async function voiceAudio(pcm: Int16Array, sampleRate: number): Promise<Int16Array> {
  const resampler = new Resampler(sampleRate, VOICE_RATE);
  const converted = new Int16Array(Math.ceil((pcm.length * VOICE_RATE) / sampleRate));
  let filled = 0;
  for (let at = 0; at < pcm.length; at += sampleRate) {
    const second = resampler.process(pcm.subarray(at, at + sampleRate));
    converted.set(second, filled);
    filled += second.length;
    await nextTurn();
  }
  return converted;
}
