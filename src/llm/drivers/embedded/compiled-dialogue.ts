import {
  CONFIRMATION,
  CONFIRMATION_SLOT,
  type DialogueIntent,
  type DialogueSlot,
  type DialogueSpec,
} from '../../dialogue-spec.js';
import { Condition, Template } from '../../templates.js';
import { Classifier } from './classifier.js';
import { parsePhrase, type Phrase, variantsOf } from './phrases.js';

/** A spec made ready: phrases parsed, the classifier trained, templates parsed when first used. */
export class CompiledDialogue {
  readonly slots: Readonly<Record<string, DialogueSlot>>;
  readonly intents: ReadonlyMap<string, DialogueIntent>;
  /** What may be said, word for word; without an intent it only gives values of slots. */
  readonly phrases: readonly { readonly phrase: Phrase; readonly intent: string | undefined }[];
  readonly classifier: Classifier;
  private readonly templates = new Map<string, Template>();
  private readonly conditions = new Map<string, Condition>();

  constructor(readonly spec: DialogueSpec) {
    this.slots = { ...spec.slots, [CONFIRMATION]: CONFIRMATION_SLOT };
    this.intents = new Map(Object.entries(spec.intents ?? {}));
    const ofIntents = [...this.intents].flatMap(([intent, { examples }]) =>
      examples.map((text) => ({ phrase: parsePhrase(text), intent })),
    );
    const ofSlots = Object.values(spec.slots).flatMap((slot) =>
      (slot.phrases ?? []).map((text) => ({ phrase: parsePhrase(text), intent: undefined })),
    );
    this.phrases = [...ofIntents, ...ofSlots];
    this.classifier = new Classifier(
      ofIntents.flatMap(({ phrase, intent }) =>
        variantsOf(phrase, this.slots).map((tokens) => ({ tokens, label: intent })),
      ),
    );
  }

  template(text: string): Template {
    return memo(this.templates, text, (source) => Template.parse(source));
  }

  condition(text: string): Condition {
    return memo(this.conditions, text, (source) => Condition.parse(source));
  }
}

const compiled = new WeakMap<DialogueSpec, CompiledDialogue>();

/** Compiled once per spec (some 10 ms of training). Throws an Error for a phrase that is none. */
export function compileDialogue(spec: DialogueSpec): CompiledDialogue {
  let dialogue = compiled.get(spec);
  if (!dialogue) compiled.set(spec, (dialogue = new CompiledDialogue(spec)));
  return dialogue;
}

function memo<T>(cache: Map<string, T>, text: string, make: (text: string) => T): T {
  let made = cache.get(text);
  if (!made) cache.set(text, (made = make(text)));
  return made;
}
