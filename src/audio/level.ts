const FULL_SCALE = 32_768;
/** What digital silence is reported as. */
const SILENCE_DBFS = -100;

/** Root mean square relative to full scale, in dB; -100 for silence or nothing. */
export function rmsDbfs(pcm: Int16Array): number {
  let sum = 0;
  for (let i = 0; i < pcm.length; i++) sum += pcm[i]! * pcm[i]!;
  if (sum === 0) return SILENCE_DBFS;
  return Math.max(SILENCE_DBFS, 10 * Math.log10(sum / pcm.length / FULL_SCALE ** 2));
}
