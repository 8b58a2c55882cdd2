import type { SttResult } from '../../speech/stt-stream.js';

/** What was said (undefined when it must be rejected), and what the recogniser made of it. */
export interface Trial {
  readonly said: string | undefined;
  readonly result: SttResult;
}

/** Fractions of 0 to 1; those that do not apply are absent. */
export interface Score {
  readonly utterances: number;
  /** Accepted, and every word right. */
  readonly sentenceAccuracy?: number;
  /** 1 less the word error rate; a rejected sentence counts as all its words wrong. Can be negative. */
  readonly wordAccuracy?: number;
  /** Digits in their right place; only for digit strings. */
  readonly digitAccuracy?: number;
  /** Rejected although the grammar allows it. */
  readonly falseRejects?: number;
  /** Accepted although the grammar does not allow it. */
  readonly falseAccepts?: number;
}

/** Words that the agent does not tell apart. */
const SAME_SOUND: Readonly<Record<string, string>> = { oh: 'zero', recognise: 'recognize' };
const DIGIT = /^(zero|one|two|three|four|five|six|seven|eight|nine)$/;

export function scoreOf(trials: readonly Trial[]): Score {
  const allowed = trials.filter((trial): trial is Trial & { said: string } => trial.said !== undefined);
  const forbidden = trials.filter(({ said }) => said === undefined);
  const pairs = allowed.map(({ said, result }) => [wordsOf(said), wordsOf(result.text)] as const);
  const wordCount = sum(pairs.map(([said]) => said.length));
  const isDigits = pairs.length > 0 && pairs.every(([said]) => said.every((word) => DIGIT.test(word)));
  return {
    utterances: trials.length,
    ...(pairs.length > 0 && {
      sentenceAccuracy: share(pairs, ([said, heard]) => meaning(said) === meaning(heard)),
      wordAccuracy: 1 - sum(pairs.map(([said, heard]) => editDistance(said, heard))) / wordCount,
      falseRejects: share(allowed, ({ result }) => result.text === ''),
    }),
    ...(isDigits && {
      digitAccuracy:
        sum(pairs.map(([said, heard]) => said.filter((word, at) => heard[at] === word).length)) / wordCount,
    }),
    ...(forbidden.length > 0 && { falseAccepts: share(forbidden, ({ result }) => result.text !== '') }),
  };
}

function wordsOf(text: string): string[] {
  return text
    .split(' ')
    .filter((word) => word !== '' && word !== 'um')
    .map((word) => SAME_SOUND[word] ?? word);
}

const YES = /^(yes|yeah|yep|yup|sure|correct|right|that's right|that is right|that's correct|yes please|i do|i did)$/;
const NO = /^(no|nope|nah|no thanks|no thank you|that's wrong|that is wrong|that's not right|not really)$/;

/** The agent does not mind whether it was "yes" or "yeah". */
function meaning(words: readonly string[]): string {
  const text = words.join(' ');
  if (YES.test(text)) return 'yes';
  return NO.test(text) ? 'no' : text;
}

function editDistance(from: readonly string[], to: readonly string[]): number {
  let row = Array.from({ length: to.length + 1 }, (_, index) => index);
  from.forEach((word, index) => {
    const next = [index + 1];
    to.forEach((other, at) =>
      next.push(Math.min(next[at]! + 1, row[at + 1]! + 1, row[at]! + (word === other ? 0 : 1))),
    );
    row = next;
  });
  return row[to.length]!;
}

function share<T>(items: readonly T[], holds: (item: T) => boolean): number {
  return items.filter((item) => holds(item)).length / items.length;
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, each) => total + each, 0);
}
