import type { SttResult } from '../../../stt-stream.js';
import type { HeardWord } from './telephone-decoder.js';

const FRAME_MS = 10;
const HESITATIONS = new Set(['um', 'uh']);

/** The words a person would write down: no silence, noise or hesitation, "double four" as "four four". */
export function transcript(heard: readonly HeardWord[]): string {
  const words: string[] = [];
  let times = 1;
  for (const { word } of heard) {
    if (isSilence(word) || HESITATIONS.has(word)) continue;
    if (word === 'double' || word === 'triple') {
      times = word === 'double' ? 2 : 3;
      continue;
    }
    for (; times > 1; times--) words.push(word);
    words.push(word);
  }
  return words.join(' ');
}

/** A consonant or a soft beginning before the first vowel. */
const SOFT_BEGINNING_MS = 150;

/**
 * Judges the final path of an utterance.
 * @param hadSpeech the sound was loud enough for speech, whatever the path says.
 * @param quietUntilMs nothing was loud before: a path that has not got used to the line makes its first word of silence.
 */
export function judge(
  heard: readonly HeardWord[],
  hadSpeech: boolean,
  minConfidence: number,
  quietUntilMs = 0,
): SttResult {
  const spoken = heard.filter(({ word }) => !isSilence(word));
  const first = spoken[0];
  const last = spoken.at(-1);
  if (!first || !last) return { text: '', confidence: 0, rejected: hadSpeech };
  const confidence = confidenceOf(heard);
  const rejected = confidence < minConfidence;
  return {
    text: rejected ? '' : transcript(heard),
    confidence,
    rejected,
    startMs: Math.max(first.startFrame * FRAME_MS, quietUntilMs - SOFT_BEGINNING_MS),
    endMs: (last.endFrame + 1) * FRAME_MS,
  };
}

/** For want of scores everything is believed, as much as is needed; without times. */
export function unjudged(heard: readonly HeardWord[], hadSpeech: boolean, minConfidence: number): SttResult {
  const text = transcript(heard);
  return text === ''
    ? { text, confidence: 0, rejected: hadSpeech }
    : { text, confidence: minConfidence, rejected: false };
}

/** Fit at which a result is as likely wrong as right, and by how much it must differ to be e times as likely. */
const EVEN_ODDS_FIT = -80;
const FIT_PER_E = 3.8;
/** Exponent of the strict mean: above 1, one bad word counts for more than the good ones beside it. */
const SEVERITY = 5;
/** The grammar's score that any answer may have: that of one out of some twenty that are all as likely. */
const LANGUAGE_ALLOWANCE = 200;
/** How much the rest of the grammar's score counts: a string that is one of very many has to sound much better. */
const LANGUAGE_SHARE = 6;
/** Silence scores worse than this for each frame when it is not silence: words the grammar has no place for. */
const SILENCE_ALLOWANCE = 20;
const LOST_SPEECH_SHARE = 0.65;

/**
 * How well the path fits the sound, 0 to 1. Scores are relative to the best-fitting sound of the whole model in each
 * frame, which stands for "anything at all": a path far below it was forced on the sound by the grammar. The constants
 * are a logistic regression on the tuning half of the evaluation, rounded.
 */
function confidenceOf(heard: readonly HeardWord[]): number {
  let frames = 0;
  let misfit = 0;
  let severeMisfit = 0;
  let language = 0;
  let lostSpeech = 0;
  for (const { word, startFrame, endFrame, acousticScore, languageScore } of heard) {
    const length = endFrame - startFrame + 1;
    if (isSilence(word)) {
      lostSpeech -= Math.min(0, acousticScore + SILENCE_ALLOWANCE * length);
      continue;
    }
    frames += length;
    misfit -= acousticScore;
    severeMisfit += length * Math.max(1, -acousticScore / length) ** SEVERITY;
    language -= languageScore;
  }
  const mean = misfit / frames;
  const strictMean = (severeMisfit / frames) ** (1 / SEVERITY);
  const surprise = Math.max(0, language - LANGUAGE_ALLOWANCE) / frames;
  const fit = -(mean + strictMean) / 2 - LANGUAGE_SHARE * surprise - (LOST_SPEECH_SHARE * lostSpeech) / frames;
  return 1 / (1 + Math.exp((EVEN_ODDS_FIT - fit) / FIT_PER_E));
}

function isSilence(word: string): boolean {
  return word.startsWith('<') || word.startsWith('[');
}
