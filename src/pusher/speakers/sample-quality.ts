import { rmsDbfs } from '../../audio/level.js';
import { VOICE_RATE } from '../../speech/speakers/voice-audio.js';

const FRAME_MS = 20;
const FRAME = (VOICE_RATE * FRAME_MS) / 1000;
/** What is spoken at is the level of the loud frames, and the noise that of the soft ones, between words. */
const [SOFT, LOUD] = [0.05, 0.95];
/** So much softer than the loud frames something may be, and still be voice, dB. */
const VOICE_RANGE = 25;
const LEAST_VOICED_SHARE = 0.5;
const SOFTEST_DBFS = -45;
const LEAST_SNR_DB = 8;
const CLIPPED = 32_700;
const MOST_CLIPPED = 0.01;

/** Why a voice cannot be learned from this; undefined if it can. @param pcm at VOICE_RATE, what somebody says */
export function problemOfSample(pcm: Int16Array): string | undefined {
  const levels = Array.from({ length: Math.floor(pcm.length / FRAME) }, (_, frame) =>
    rmsDbfs(pcm.subarray(frame * FRAME, (frame + 1) * FRAME)),
  ).sort((a, b) => a - b);
  const at = (share: number): number => levels[Math.floor(share * (levels.length - 1))] ?? -Infinity;
  const [noise, speech] = [at(SOFT), at(LOUD)];
  if (speech < SOFTEST_DBFS) return 'it is too soft';
  const voiced = levels.filter((level) => level > speech - VOICE_RANGE).length;
  if (voiced < LEAST_VOICED_SHARE * levels.length) return 'there is too little speech in it';
  const clipped = pcm.reduce((count, sample) => count + (Math.abs(sample) >= CLIPPED ? 1 : 0), 0);
  if (clipped > MOST_CLIPPED * pcm.length) return 'it is overdriven';
  if (speech - noise < LEAST_SNR_DB) return 'it is too noisy';
  return undefined;
}
