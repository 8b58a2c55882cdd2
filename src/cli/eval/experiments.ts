import { CONFIRMATION } from '../../llm/dialogue-spec.js';
import type { SpeechHints } from '../../speech/stt-stream.js';
import { askedForDate, wholeGrammar } from './banking-hints.js';
import type { HumanVoice, Spoken } from './human-voice.js';
import { type Background, randomSource, withBackground } from './noise.js';
import { type RecordedLine, recordedLines } from './recorded-callers.js';
import type { AgentState, ShippedStates } from './shipped-states.js';
import { amounts, confirmations, dates, inGrammar, outOfGrammar } from './sentences.js';
import type { Channel, Speaker } from './speakers.js';

/** The half of the material to use. Everything tuned was tuned on `tuning`. */
export type Half = 'tuning' | 'report';

export interface Utterance {
  /** Undefined when it must be rejected. */
  readonly said: string | undefined;
  readonly audio: () => Promise<Int16Array>;
  /** Where they differ from those of the experiment. */
  readonly hints?: SpeechHints;
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
  readonly states: ShippedStates;
}

const SEEDS: Readonly<Record<Half, number>> = { tuning: 1000, report: 2000 };

export async function planExperiments(material: Material): Promise<Experiment[]> {
  const human = material.human ? await humanExperiments(material, material.human) : [];
  const recorded = await recordedLines(material.states);
  return [
    ...recordedExperiments(recorded, material),
    ...phraseExperiments(material),
    ...noiseExperiments(material),
    ...slotExperiments(material),
    ...rejectionExperiments(material),
    ...human,
  ];
}

/** In the open state of every agent; and in the whole grammar. */
function phraseExperiments(material: Material): Experiment[] {
  const { states, quick } = material;
  const byAgent = states.open.map((state) => [state, halfOf(states.phrases(state), material)] as const);
  return [
    ...byAgent.flatMap(([state, sentences]) =>
      bySpeaker(material, `phrases: ${state.name}`, state.hints, quick ? everyNth(sentences, 6) : sentences),
    ),
    ...bySpeaker(
      material,
      'phrases: whole grammar',
      wholeGrammar,
      halfOf(inGrammar, material).slice(0, quick ? 12 : undefined),
    ),
  ];
}

/** The demonstration's callers, as in a call. The same in both halves: nothing was chosen on them. */
function recordedExperiments(lines: readonly RecordedLine[], { states }: Material): Experiment[] {
  return [...new Set(lines.map(({ caller }) => caller))].map((caller) => ({
    group: 'recorded callers, each line in its state',
    name: `recorded ${caller}`,
    hints: states.open[0]!.hints,
    utterances: lines
      .filter((line) => line.caller === caller)
      .map(({ said, state, pcm }) => ({ said, hints: state.hints, audio: () => Promise.resolve(pcm) })),
  }));
}

/** Other channels and backgrounds, in the first agent's open state. */
function noiseExperiments(material: Material): Experiment[] {
  const { states, quick } = material;
  const [state] = states.open;
  const sentences = everyNth(halfOf(states.phrases(state!), material), quick ? 8 : 3);
  const conditions: readonly (readonly [Channel, Background])[] = quick
    ? [['8k mu-law', 'pink 20 dB']]
    : [
        ['16k', 'clean'],
        ['8k mu-law', 'pink 20 dB'],
        ['16k', 'pink 20 dB'],
        ['8k mu-law', 'pink 10 dB'],
        ['8k mu-law', 'babble 15 dB'],
      ];
  return conditions.flatMap(([channel, background]) =>
    bySpeaker(
      material,
      `phrases, ${channel}, ${background}: ${state!.name}`,
      state!.hints,
      sentences,
      channel,
      background,
    ),
  );
}

function slotExperiments(material: Material): Experiment[] {
  const random = randomSource(SEEDS[material.half]);
  const digit = (): string =>
    'zero one two three four five six seven eight nine'.split(' ')[Math.floor(random() * 10)]!;
  const digitStrings = Array.from({ length: material.quick ? 5 : 15 }, () =>
    [digit(), digit(), digit(), digit()].join(' '),
  );
  const { digits, amount, confirmation } = questions(material);
  return [
    ...bySpeaker(material, `amounts: ${amount.name}`, amount.hints, halfOf(amounts, material)),
    ...bySpeaker(material, 'dates: whole grammar, asked for a date', askedForDate, halfOf(dates, material)),
    ...bySpeaker(material, `yes or no: ${confirmation.name}`, confirmation.hints, halfOf(confirmations, material)),
    ...bySpeaker(material, `four digits: ${digits.name}`, digits.hints, digitStrings),
    ...bySpeaker(material, 'four digits: whole grammar', wholeGrammar, digitStrings),
  ];
}

function rejectionExperiments(material: Material): Experiment[] {
  const sentences = everyNth(halfOf(outOfGrammar, material), material.quick ? 2 : 1);
  return rejectionStates(material).flatMap(([name, hints]) =>
    material.speakers.map((speaker) => ({
      group: `not allowed: ${name}`,
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
  const prompts = halfOf(await human.prompts(), material).slice(0, material.quick ? 20 : undefined);
  const say = (spoken: readonly Spoken[], background: Background = 'clean'): Utterance[] =>
    spoken.map(({ text, pcm }, index) => ({ said: text, audio: () => noisy(pcm, background, material, index) }));
  const reject = prompts.map(({ pcm }) => ({ said: undefined, audio: () => Promise.resolve(pcm) }));
  const asked = questions(material).digits;
  return [
    line(`four digits: ${asked.name}`, asked.hints, say(digits)),
    line('four digits: whole grammar', wholeGrammar, say(digits)),
    line(`four digits, pink 20 dB: ${asked.name}`, asked.hints, say(digits, 'pink 20 dB')),
    line('dates: whole grammar, asked for a date', askedForDate, say(days)),
    ...rejectionStates(material).map(([name, hints]) => line(`not allowed: ${name}`, hints, reject)),
  ];
}

function questions({ states }: Material): Record<'digits' | 'amount' | 'confirmation', AgentState> {
  return {
    digits: states.state('concierge', ['card_last4']),
    amount: states.state('fraud_desk', ['charge_amount']),
    confirmation: states.state('fraud_desk', [CONFIRMATION, 'card_last4']),
  };
}

function rejectionStates({ states, quick }: Material): (readonly [name: string, hints: SpeechHints])[] {
  const all = [...states.open, ...states.asked];
  const shipped = quick ? all.filter((_, index) => index % states.open.length === 0) : all;
  return [...shipped.map(({ name, hints }) => [name, hints] as const), ['whole grammar', wholeGrammar]];
}

function bySpeaker(
  material: Material,
  group: string,
  hints: SpeechHints,
  sentences: readonly string[],
  channel: Channel = '8k mu-law',
  background: Background = 'clean',
): Experiment[] {
  return material.speakers.map((speaker) => ({
    group,
    name: speaker.name,
    hints,
    utterances: sentences.map((said, index) => ({
      said,
      audio: async () => noisy(await speaker.say(said, channel), background, material, index),
    })),
  }));
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

function everyNth<T>(items: readonly T[], n: number): T[] {
  return items.filter((_, index) => index % n === 0);
}
