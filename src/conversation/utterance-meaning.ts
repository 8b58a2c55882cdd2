import type { SttResult } from '../speech/stt-stream.js';

/** Speech this short that was not understood is taken for a noise. */
const NOISE_MS = 350;
/** Speech this long of which the recogniser heard nothing was still speech. */
const UNDOUBTED_SPEECH_MS = 700;

/** `noise` and `unclear` were not understood; only `unclear` was surely the caller. */
export type UtteranceMeaning = 'nothing' | 'noise' | 'unclear' | 'words';

/** What an utterance of `speechMs` is worth. @param minConfidence below which its words are not trusted, 0 to 1. */
export function meaningOf(result: SttResult, speechMs: number, minConfidence: number): UtteranceMeaning {
  const unsure = result.text !== '' && result.confidence < minConfidence;
  const unheard = result.text === '' && speechMs >= UNDOUBTED_SPEECH_MS;
  if (result.rejected || unsure || unheard) return speechMs < NOISE_MS ? 'noise' : 'unclear';
  return result.text === '' ? 'nothing' : 'words';
}
