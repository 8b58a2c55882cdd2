/** About -47 dBFS: below what the engine makes of its quietest consonants, above its silence. */
const AUDIBLE = 150;
/** Enough not to cut into an onset, and well below the 30 ms that may come before a word. */
const LEAD_MS = 15;
const TAIL_MS = 15;

interface PaddedSpeech {
  readonly pcm: Int16Array;
  /** What was taken away at the start. */
  readonly trimmedMs: number;
  /** Where the pause begins. */
  readonly soundMs: number;
}

/** The engine surrounds every utterance with some 200 ms of silence: replaces it by a short lead and the given pause. */
export function toPaddedSpeech(pcm: Int16Array, sampleRate: number, pauseMs: number): PaddedSpeech {
  const toSamples = (ms: number): number => Math.round((ms * sampleRate) / 1000);
  const first = pcm.findIndex(isAudible);
  if (first < 0) return { pcm: new Int16Array(toSamples(pauseMs)), trimmedMs: 0, soundMs: 0 };
  const start = Math.max(0, first - toSamples(LEAD_MS));
  const soundEnd = Math.min(pcm.length, pcm.findLastIndex(isAudible) + 1 + toSamples(TAIL_MS));
  const padded = new Int16Array(soundEnd - start + toSamples(pauseMs));
  padded.set(pcm.subarray(start, start + padded.length));
  return {
    pcm: padded,
    trimmedMs: (start * 1000) / sampleRate,
    soundMs: ((soundEnd - start) * 1000) / sampleRate,
  };
}

function isAudible(sample: number): boolean {
  return sample > AUDIBLE || sample < -AUDIBLE;
}
