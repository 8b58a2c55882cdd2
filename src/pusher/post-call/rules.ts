import type { ConversationRecord, Insights } from '../../services/conversations/conversation-record.js';
import type { CallTurn, Leg } from './call-turns.js';

/** What is read out of a conversation, without its measures and where it comes from. */
export type Reading = Pick<Insights, 'title' | 'overview' | 'disposition' | 'action_items' | 'entities' | 'sentiment'>;

const MAX_TITLE = 80;
const MAX_OVERVIEW = 600;
const MAX_ITEMS = 8;
/** Below, a sentence says too little to stand alone. */
const FEWEST_WORDS = 4;

const PROMISE = /\b(?:i|we)(?:'ll| will| am going to| are going to| shall)\b/i;
const REQUEST = /\b(?:please|could you|can you|would you|you(?:'ll)? (?:need|have) to|make sure)\b/i;
const SMALL_TALK =
  /^(?:hello|hi|hey|good (?:morning|afternoon|evening)|thank(?:s| you)|bye|goodbye|yes|no|okay|one moment)\b/i;
const FAREWELL = /\b(?:goodbye|bye|thank you|thanks|have a (?:nice|good|great))\b/i;
const QUESTION = /\?\s*$|^(?:what|when|where|why|who|how|can|could|is|are|do|does|did|will|would)\b/i;

const ENTITIES: readonly (readonly [kind: string, pattern: RegExp])[] = [
  ['amount', /(?:[$€£]\s?\d[\d,]*(?:\.\d{1,2})?|\b\d[\d,]*(?:\.\d{1,2})?\s?(?:dollars|euros|pounds|usd|eur|gbp)\b)/gi],
  [
    'date',
    /\b(?:(?:mon|tues|wednes|thurs|fri|satur|sun)day|tomorrow|(?:january|february|march|april|may|june|july|august|september|october|november|december) \d{1,2}(?:st|nd|rd|th)?|\d{1,2}(?:st|nd|rd|th)? of (?:january|february|march|april|may|june|july|august|september|october|november|december)|\d{4}-\d{2}-\d{2})\b/gi,
  ],
  ['reference', /\b(?:[A-Z]{2,5}-?\d{3,}|(?:order|ticket|case|reference|invoice)(?: number)? [A-Z\d-]{3,})\b/g],
  ['redacted', /\[(?:card|email|phone)\]/g],
];

const GLAD = [
  'thank',
  'thanks',
  'great',
  'perfect',
  'wonderful',
  'excellent',
  'helpful',
  'happy',
  'glad',
  'appreciate',
  'lovely',
  'amazing',
  'good',
];
const SORE = [
  'angry',
  'annoyed',
  'terrible',
  'awful',
  'unacceptable',
  'ridiculous',
  'complain',
  'complaint',
  'frustrated',
  'frustrating',
  'worst',
  'useless',
  'disappointed',
  'stolen',
  'fraud',
  'wrong',
  'broken',
  'upset',
  'horrible',
  'cancel',
];
const NEGATION = /\b(?:not|no|never|isn't|wasn't|don't|didn't|can't)\s+(?:\w+\s+)?$/i;

/** Sentences and facts chosen by rules: nothing in it is made up, and nothing is understood. */
export function readByRules(record: ConversationRecord, turns: readonly CallTurn[]): Reading {
  const customer = sentences(turns, 'customer');
  const agent = sentences(turns, 'agent');
  const concern = customer.find(isTelling) ?? agent.find(isTelling) ?? customer[0] ?? agent[0] ?? '';
  const last = agent.filter((sentence) => isTelling(sentence) && sentence !== concern);
  const outcome = last.findLast((sentence) => PROMISE.test(sentence)) ?? last.at(-1);
  const asked = customer.filter((sentence) => isTelling(sentence) && sentence !== concern).slice(0, 2);
  return {
    title: cut(concern, MAX_TITLE),
    overview: cut([concern, ...asked, ...(outcome ? [outcome] : [])].join(' '), MAX_OVERVIEW),
    disposition: dispositionOf(record, turns),
    action_items: actionItems(turns),
    entities: entitiesOf(turns),
    sentiment: { agent: moodOf(turns, 'agent'), customer: moodOf(turns, 'customer') },
  };
}

function sentences(turns: readonly CallTurn[], leg: Leg): string[] {
  return turns.filter((turn) => turn.leg === leg).flatMap(({ text }) => splitSentences(text));
}

function splitSentences(text: string): string[] {
  return text
    .split(/(?<=[.!?…])\s+/)
    .map((sentence) => sentence.trim())
    .filter(Boolean)
    .map((sentence) => sentence[0]!.toUpperCase() + sentence.slice(1))
    .map((sentence) => (/[.!?…]$/.test(sentence) ? sentence : `${sentence}.`));
}

function isTelling(sentence: string): boolean {
  return sentence.split(/\s+/).length >= FEWEST_WORDS && !SMALL_TALK.test(sentence) && !FAREWELL.test(sentence);
}

function actionItems(turns: readonly CallTurn[]): Reading['action_items'] {
  const found = turns.flatMap(({ leg, text }) =>
    splitSentences(text)
      .filter((sentence) => sentence.split(/\s+/).length >= FEWEST_WORDS && !QUESTION.test(sentence))
      .flatMap((sentence) => {
        if (PROMISE.test(sentence)) return [{ text: sentence, owner: leg }];
        if (leg === 'agent' && REQUEST.test(sentence)) return [{ text: sentence, owner: 'customer' as const }];
        return [];
      }),
  );
  return distinct(found, ({ text }) => text).slice(0, MAX_ITEMS);
}

function entitiesOf(turns: readonly CallTurn[]): Reading['entities'] {
  const found = turns.flatMap(({ text }) =>
    ENTITIES.flatMap(([kind, pattern]) => [...text.matchAll(pattern)].map(([match]) => ({ kind, text: match }))),
  );
  return distinct(found, ({ kind, text }) => `${kind} ${text.toLowerCase()}`).slice(0, 3 * MAX_ITEMS);
}

function moodOf(turns: readonly CallTurn[], leg: Leg): 'positive' | 'neutral' | 'negative' {
  let score = 0;
  for (const { text } of turns.filter((turn) => turn.leg === leg)) {
    for (const { 0: word, index } of text.matchAll(/[\p{L}']+/gu)) {
      const value = GLAD.includes(word.toLowerCase()) ? 1 : SORE.includes(word.toLowerCase()) ? -1 : 0;
      score += NEGATION.test(text.slice(Math.max(0, index - 30), index)) ? -value : value;
    }
  }
  return score > 0 ? 'positive' : score < 0 ? 'negative' : 'neutral';
}

function dispositionOf(record: ConversationRecord, turns: readonly CallTurn[]): Insights['disposition'] {
  if (record.endReason === 'transferred') return 'transferred';
  const customer = turns.filter(({ leg }) => leg === 'customer');
  if (customer.length === 0) return 'abandoned';
  const last = turns
    .slice(-4)
    .map(({ text }) => text)
    .join(' ');
  if (/\b(?:call (?:you )?back|get back to you|follow up|send you an? (?:e-?mail|letter))\b/i.test(last))
    return 'follow_up';
  if (moodOf(turns.slice(-4), 'customer') === 'negative') return 'unresolved';
  return /\b(?:thank|thanks|great|perfect|goodbye|bye|that(?:'s| is) all)\b/i.test(last) ? 'resolved' : 'other';
}

function distinct<T>(items: readonly T[], keyOf: (item: T) => string): T[] {
  return [...new Map(items.map((item) => [keyOf(item), item])).values()];
}

/** At a word's end. */
function cut(text: string, length: number): string {
  if (text.length <= length) return text;
  const end = text.lastIndexOf(' ', length - 1);
  return `${text.slice(0, end > length / 2 ? end : length - 1)}…`;
}
