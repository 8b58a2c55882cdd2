import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { decodeMuLaw, encodeMuLaw } from '../../audio/g711.js';
import { Resampler } from '../../audio/resampler.js';
import { readWav } from '../../audio/wav.js';
import { compileFlite, Flite, type FliteVoice } from '../../speech/drivers/embedded/tts/flite.js';

/** What the sound went through on its way: a telephone line, or a 16 kHz client whose sound the server resamples. */
export type Channel = '8k mu-law' | '16k';

/** Someone who can say any sentence. */
export interface Speaker {
  readonly name: string;
  /** PCM16 at 8 kHz, with 200 ms of silence before and 300 ms after. */
  say(text: string, channel: Channel): Promise<Int16Array>;
}

export const RATE = 8000;
const BEFORE = 0.2 * RATE;
const AFTER = 0.3 * RATE;
/** Softer than this at an end is silence. */
const AUDIBLE = 200;
/** Kept around the audible part: soft consonants. */
const EDGE = 0.05 * RATE;

export async function fliteSpeakers(voices: readonly FliteVoice[]): Promise<Speaker[]> {
  const flite = new Flite(await compileFlite());
  return voices.map((voice) => ({
    name: `flite ${voice}`,
    say: (text, channel) => {
      const { pcm, sampleRate } = flite.speak({ text, voice, rate: 1, pitch: 0 });
      return Promise.resolve(throughChannel(pcm, sampleRate, channel));
    },
  }));
}

/** Empty where espeak-ng is not installed. */
export async function espeakSpeakers(voices: readonly string[]): Promise<Speaker[]> {
  const run = promisify(execFile);
  try {
    await run('espeak-ng', ['--version']);
  } catch {
    return [];
  }
  return voices.map((voice) => ({
    name: `espeak ${voice}`,
    say: async (text, channel) => {
      const { stdout } = await run('espeak-ng', ['-v', voice, '-s', '150', '--stdout', text], { encoding: 'buffer' });
      const { channels, sampleRate } = readWav(stdout);
      return throughChannel(channels[0]!, sampleRate, channel);
    },
  }));
}

/** The parts one after the other with silences between, as a telephone line delivers them. */
export function join(parts: readonly Int16Array[], gapsMs: readonly number[]): Int16Array {
  const gaps = gapsMs.map((gapMs) => Math.round((gapMs * RATE) / 1000));
  const trimmed = parts.map(trim);
  const total = trimmed.reduce((sum, part, index) => sum + part.length + (gaps[index] ?? 0), BEFORE + AFTER);
  const joined = new Int16Array(total);
  let at = BEFORE;
  trimmed.forEach((part, index) => {
    joined.set(part, at);
    at += part.length + (gaps[index] ?? 0);
  });
  return overMuLaw(joined);
}

function throughChannel(pcm: Int16Array, sampleRate: number, channel: Channel): Int16Array {
  if (channel === '8k mu-law') return join([new Resampler(sampleRate, RATE).process(pcm)], []);
  const wide = new Resampler(sampleRate, 16_000).process(pcm);
  const narrow = trim(new Resampler(16_000, RATE).process(wide));
  const padded = new Int16Array(BEFORE + narrow.length + AFTER);
  padded.set(narrow, BEFORE);
  return padded;
}

function overMuLaw(pcm: Int16Array): Int16Array {
  return decodeMuLaw(encodeMuLaw(pcm));
}

function trim(pcm: Int16Array): Int16Array {
  let start = 0;
  let end = pcm.length;
  while (start < end && Math.abs(pcm[start]!) < AUDIBLE) start++;
  while (end > start && Math.abs(pcm[end - 1]!) < AUDIBLE) end--;
  return pcm.subarray(Math.max(0, start - EDGE), Math.min(pcm.length, end + EDGE));
}
