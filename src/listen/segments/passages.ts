import type { Utterance } from './utterance.js';

/** Utterances that are read as one: a segment before it has an id. */
export interface Passage {
  readonly utterances: readonly Utterance[];
  readonly text: string;
  readonly startMs: number;
  readonly endMs: number;
  readonly speakerId: number;
  readonly isUser: boolean;
  readonly personId: string | null;
  readonly provider: string;
}

/** Who is silent for so long has finished. */
const LONGEST_PAUSE_MS = 3000;
/** What is shorter goes on, even if a sentence has ended. */
const SHORT_CHARS = 125;
/** Recognisers that write neither stops nor capitals would make one passage of a whole call. */
const LONGEST_CHARS = 600;

const SENTENCE_END = /[.!?…。！？][\p{Pe}\p{Pf}"']*$/u;
const SMALL_LETTER = /^\p{Ll}/u;

/** Puts together what belongs together. The same passages come out however the utterances came, as long as they are in order. */
export function passagesOf(utterances: readonly Utterance[]): Passage[] {
  const passages: Passage[] = [];
  for (const utterance of utterances) {
    const before = passages.at(-1);
    if (before && goesOn(before, utterance)) passages[passages.length - 1] = joined(before, utterance);
    else passages.push({ utterances: [utterance], ...utterance });
  }
  return passages;
}

/** Whether `next` is part of what was said before. */
function goesOn(before: Passage, next: Utterance): boolean {
  if (!isSameVoice(before, next) || before.provider !== next.provider) return false;
  if (next.startMs - before.endMs >= LONGEST_PAUSE_MS || before.text.length >= LONGEST_CHARS) return false;
  return before.text.length < SHORT_CHARS || !SENTENCE_END.test(before.text) || SMALL_LETTER.test(next.text);
}

function isSameVoice(before: Passage, next: Utterance): boolean {
  // Two names are two people, whatever a recogniser says of their voices.
  if (before.personId !== null && next.personId !== null && before.personId !== next.personId) return false;
  return before.speakerId === next.speakerId || (before.isUser && next.isUser);
}

function joined(before: Passage, next: Utterance): Passage {
  return {
    ...before,
    utterances: [...before.utterances, next],
    text: `${before.text} ${next.text}`.trim(),
    endMs: Math.max(before.endMs, next.endMs),
    isUser: before.isUser || next.isUser,
    personId: before.personId ?? next.personId,
  };
}
