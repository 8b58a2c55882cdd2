import { createHash } from 'node:crypto';
import type { SpeechHints, SpeechSlot } from '../../speech/stt-stream.js';

/** What may be said, if any of these may be expected. Slots of one name that are not the same one are told apart. */
export function mergedHints(language: string, all: readonly SpeechHints[]): SpeechHints {
  const slots = new Map<string, SpeechSlot>();
  const phrases = new Set<string>();
  const answers = new Set<string>();
  for (const hints of all) {
    const names = new Map(Object.entries(hints.slots).map(([name, slot]) => [name, place(slots, name, slot)]));
    for (const phrase of hints.phrases)
      phrases.add(
        phrase.replace(/\{(\w+)\}/g, (whole, name: string) => (names.has(name) ? `{${names.get(name)}}` : whole)),
      );
    for (const answer of hints.answers) answers.add(names.get(answer) ?? answer);
  }
  const content = { language, phrases: [...phrases], slots: Object.fromEntries(slots), answers: [...answers] };
  const hash = createHash('sha256').update(JSON.stringify(content)).digest('hex').slice(0, 12);
  return { id: `listen:${hash}`, ...content };
}

/** The name under which the slot stands, which may be another one. */
function place(slots: Map<string, SpeechSlot>, name: string, slot: SpeechSlot): string {
  const same = JSON.stringify(slot);
  for (let count = 1; ; count++) {
    const candidate = count === 1 ? name : `${name}_${count}`;
    const taken = slots.get(candidate);
    if (!taken) slots.set(candidate, slot);
    if (!taken || JSON.stringify(taken) === same) return candidate;
  }
}
