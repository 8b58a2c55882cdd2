import type { SttResult } from '../../../stt-stream.js';
import { type HeardWord, isGarbage } from './telephone-decoder.js';

const FRAME_MS = 10;
const HESITATIONS = new Set(['um', 'uh', 'er']);

/** The words a person would write down: no silence, noise, garbage or hesitation, "double four" as "four four". */
export function transcript(heard: readonly HeardWord[]): string {
  const words: string[] = [];
  let times = 1;
  for (const { word } of spokenWords(heard)) {
    if (isGarbage(word) || HESITATIONS.has(word)) continue;
    if (word === 'double' || word === 'triple') {
      times = word === 'double' ? 2 : 3;
      continue;
    }
    for (; times > 1; times--) words.push(word);
    words.push(word);
  }
  return words.join(' ');
}

/** Judges the final path of an utterance. */
export function judge(heard: readonly HeardWord[], minConfidence: number): SttResult {
  const spoken = spokenWords(heard);
  const first = spoken[0];
  const last = spoken.at(-1);
  if (!first || !last) return { text: '', confidence: 0, rejected: false };
  const span = { startMs: first.startFrame * FRAME_MS, endMs: (last.endFrame + 1) * FRAME_MS };
  if (spoken.some(({ word }) => isGarbage(word))) return { text: '', confidence: 0, rejected: true, ...span };
  const confidence = confidenceOf(spoken);
  const rejected = confidence < minConfidence;
  return { text: rejected ? '' : transcript(heard), confidence, rejected, ...span };
}

/** How well the words fit the sound, 0 to 1, as the mean acoustic score of a frame on a logistic scale. */
function confidenceOf(spoken: readonly HeardWord[]): number {
  const frames = spoken.reduce((sum, { startFrame, endFrame }) => sum + endFrame - startFrame + 1, 0);
  const score = spoken.reduce((sum, { acousticScore }) => sum + acousticScore, 0);
  return 1 / (1 + Math.exp(-(score / frames + CENTRE) / SPREAD));
}

/** Mean score of a frame at which a result is as likely wrong as right, and how fast that changes. */
const CENTRE = 60;
const SPREAD = 8;

function spokenWords(heard: readonly HeardWord[]): HeardWord[] {
  return heard.filter(({ word }) => !word.startsWith('<') && !word.startsWith('['));
}
