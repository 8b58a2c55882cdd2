import type { SpeechHints } from '../../speech/stt-stream.js';
import { askedForAmount, askedForDate, askedForDigits, askedYesOrNo, wholeGrammar } from './banking-hints.js';
import type { HumanVoice, Spoken } from './human-voice.js';
import { type Background, randomSource, withBackground } from './noise.js';
import { amounts, confirmations, dates, inGrammar, outOfGrammar } from './sentences.js';
import type { Channel, Speaker } from './speakers.js';

/** The half of the material to use. Everything tuned was tuned on `tuning`. */
export type Half = 'tuning' | 'report';

export interface Utterance {
  /** Undefined when it must be rejected. */
  readonly said: string | undefined;
  readonly audio: () => Promise<Int16Array>;
}

/** What one caller says, in order; one line of the table. */
export interface Experiment {
  readonly group: string;
  readonly name: string;
  readonly hints: SpeechHints;
  readonly utterances: readonly Utterance[];
}

export interface Material {
  readonly half: Half;
  readonly quick: boolean;
  readonly speakers: readonly Speaker[];
  readonly human: HumanVoice | undefined;
}

const SEEDS: Readonly<Record<Half, number>> = { tuning: 1000, report: 2000 };

export async function planExperiments(material: Material): Promise<Experiment[]> {
  const human = material.human ? await humanExperiments(material, material.human) : [];
  return [...phraseExperiments(material), ...slotExperiments(material), ...rejectionExperiments(material), ...human];
}

function phraseExperiments(material: Material): Experiment[] {
  const sentences = halfOf(inGrammar, material).slice(0, material.quick ? 12 : undefined);
  const conditions: readonly (readonly [Channel, Background])[] = material.quick
    ? [
        ['8k mu-law', 'clean'],
        ['8k mu-law', 'pink 20 dB'],
      ]
    : [
        ['8k mu-law', 'clean'],
        ['16k', 'clean'],
        ['8k mu-law', 'pink 20 dB'],
        ['16k', 'pink 20 dB'],
        ['8k mu-law', 'pink 10 dB'],
        ['8k mu-law', 'babble 15 dB'],
      ];
  return conditions.flatMap(([channel, background]) =>
    material.speakers.map((speaker) => ({
      group: `phrases, ${channel}, ${background}`,
      name: speaker.name,
      hints: wholeGrammar,
      utterances: sentences.map((said, index) => ({
        said,
        audio: async () => noisy(await speaker.say(said, channel), background, material, index),
      })),
    })),
  );
}

function slotExperiments(material: Material): Experiment[] {
  const random = randomSource(SEEDS[material.half]);
  const digit = (): string =>
    'zero one two three four five six seven eight nine'.split(' ')[Math.floor(random() * 10)]!;
  const digitStrings = Array.from({ length: material.quick ? 5 : 15 }, () =>
    [digit(), digit(), digit(), digit()].join(' '),
  );
  const kinds: readonly (readonly [string, SpeechHints, readonly string[]])[] = [
    ['amounts, asked for', askedForAmount, halfOf(amounts, material)],
    ['dates, asked for', askedForDate, halfOf(dates, material)],
    ['yes or no, asked for', askedYesOrNo, halfOf(confirmations, material)],
    ['four digits, asked for', askedForDigits, digitStrings],
    ['four digits, whole grammar', wholeGrammar, digitStrings],
  ];
  return kinds.flatMap(([group, hints, sentences]) =>
    material.speakers.map((speaker) => ({
      group,
      name: speaker.name,
      hints,
      utterances: sentences.map((said) => ({ said, audio: () => speaker.say(said, '8k mu-law') })),
    })),
  );
}

function rejectionExperiments(material: Material): Experiment[] {
  const sentences = halfOf(outOfGrammar, material);
  return [wholeGrammar, askedForDigits].flatMap((hints) =>
    material.speakers.map((speaker) => ({
      group: `out of grammar, ${hints === wholeGrammar ? 'whole grammar' : 'asked for digits'}`,
      name: speaker.name,
      hints,
      utterances: sentences.map((sentence) => ({
        said: undefined,
        audio: () => speaker.say(sentence, '8k mu-law'),
      })),
    })),
  );
}

async function humanExperiments(material: Material, human: HumanVoice): Promise<Experiment[]> {
  const seed = SEEDS[material.half];
  const digits = await human.digitStrings(material.quick ? 15 : 60, seed);
  const days = await human.dates(material.quick ? 10 : 30, seed);
  const prompts = halfOf(await human.prompts(), material).slice(0, material.quick ? 25 : undefined);
  const say = (spoken: readonly Spoken[], background: Background = 'clean'): Utterance[] =>
    spoken.map(({ text, pcm }, index) => ({ said: text, audio: () => noisy(pcm, background, material, index) }));
  const reject = prompts.map(({ pcm }) => ({ said: undefined, audio: () => Promise.resolve(pcm) }));
  return [
    line('four digits, asked for', askedForDigits, say(digits)),
    line('four digits, whole grammar', wholeGrammar, say(digits)),
    line('four digits, asked for, pink 20 dB', askedForDigits, say(digits, 'pink 20 dB')),
    line('dates, asked for', askedForDate, say(days)),
    line('out of grammar, whole grammar', wholeGrammar, reject),
    line('out of grammar, asked for digits', askedForDigits, reject),
  ];
}

function line(group: string, hints: SpeechHints, utterances: readonly Utterance[]): Experiment {
  return { group, name: 'human', hints, utterances };
}

async function noisy(
  speech: Int16Array,
  background: Background,
  { speakers }: Material,
  index: number,
): Promise<Int16Array> {
  const voices =
    background === 'babble 15 dB'
      ? await Promise.all(speakers.map((speaker) => speaker.say(outOfGrammar.slice(0, 4).join(' '), '8k mu-law')))
      : [];
  return withBackground(speech, background, voices, index + 1);
}

function halfOf<T>(items: readonly T[], { half }: Material): T[] {
  return items.filter((_, index) => index % 2 === (half === 'tuning' ? 0 : 1));
}
