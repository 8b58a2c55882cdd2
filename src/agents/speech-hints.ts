import { createHash } from 'node:crypto';
import { CONFIRMATION, CONFIRMATION_SLOT, type DialogueSlot } from '../llm/dialogue-spec.js';
import type { SpeechHints, SpeechSlot } from '../speech/stt-stream.js';
import type { Agent } from './agent.js';

const cache = new WeakMap<Agent, Map<string, SpeechHints>>();

/**
 * What a caller of `agent` may say when the slots in `expecting` were just asked for: the examples of all intents
 * (global commands are intents, too), and answers and corrections for the expected slots.
 */
export function speechHintsOf(agent: Agent, expecting: readonly string[]): SpeechHints {
  const key = [...expecting].sort().join(' ');
  let ofAgent = cache.get(agent);
  if (!ofAgent) cache.set(agent, (ofAgent = new Map()));
  let hints = ofAgent.get(key);
  if (!hints) ofAgent.set(key, (hints = build(agent, key === '' ? [] : key.split(' '))));
  return hints;
}

function build(agent: Agent, expecting: readonly string[]): SpeechHints {
  const dialogue = agent.dialogue;
  const known: Readonly<Record<string, DialogueSlot>> = { ...dialogue.slots, [CONFIRMATION]: CONFIRMATION_SLOT };
  const answers = expecting.filter((name) => known[name]);
  const examples = Object.values(dialogue.intents ?? {}).flatMap((intent) => intent.examples);
  const phrases = [...new Set([...examples, ...answers.flatMap((name) => answerPhrases(name, known[name]!))])];
  const content = {
    language: agent.language,
    phrases,
    slots: Object.fromEntries(Object.entries(known).map(([name, slot]) => [name, speechSlot(slot)])),
    answers,
  };
  const hash = createHash('sha256').update(JSON.stringify(content)).digest('hex').slice(0, 12);
  return { id: `${agent.name}:${answers.join('+') || 'open'}:${hash}`, ...content };
}

/** The ways to answer that are not the value alone. */
function answerPhrases(name: string, slot: DialogueSlot): string[] {
  if (slot.kind === 'yesno') return [];
  return [`it is {${name}}`, `no {${name}}`, `no it is {${name}}`, `sorry {${name}}`, ...(slot.phrases ?? [])];
}

function speechSlot(slot: DialogueSlot): SpeechSlot {
  switch (slot.kind) {
    case 'digits':
      return { kind: slot.kind, minLength: slot.minLength, maxLength: slot.maxLength };
    case 'choice':
      return { kind: slot.kind, values: slot.values };
    default:
      return { kind: slot.kind };
  }
}
