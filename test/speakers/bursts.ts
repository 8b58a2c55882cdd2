const AMPLITUDE = 9000;
/** As syllables come, with pauses between them. */
const [BURST_MS, PAUSE_MS] = [240, 60];

/** Somebody who hums one tone in syllables. @param sampleRate Hz */
export function bursts(hz: number, durationMs: number, sampleRate: number): Int16Array {
  return Int16Array.from({ length: (durationMs * sampleRate) / 1000 }, (_, i) => {
    const ms = (i * 1000) / sampleRate;
    const isPause = ms % (BURST_MS + PAUSE_MS) >= BURST_MS;
    return isPause ? 0 : Math.round(AMPLITUDE * Math.sin((2 * Math.PI * hz * i) / sampleRate));
  });
}
