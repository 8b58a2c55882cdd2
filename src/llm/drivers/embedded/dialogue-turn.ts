import type { DialogueMessages } from '../../dialogue-spec.js';
import type { LlmRequest, LlmToolCall } from '../../llm-client.js';
import type { CompiledDialogue } from './compiled-dialogue.js';
import { type DialogueState, type PendingCall, stateIn } from './dialogue-state.js';

/** One answer of the engine in the making: what it says, and the tool it calls. */
export class DialogueTurn {
  readonly state: DialogueState;
  readonly said: string[] = [];
  toolCall: LlmToolCall | undefined;
  /** Of the tool that has just run; what templates see as `result`. */
  result: unknown = undefined;

  constructor(
    readonly request: LlmRequest,
    readonly dialogue: CompiledDialogue,
    /** Midnight UTC of the caller's day. */
    readonly today: Date,
  ) {
    this.state = stateIn(request.memory);
  }

  get text(): string {
    return this.said.join(' ');
  }

  say(text: string, extra: Record<string, unknown> = {}): void {
    const spoken = this.render(text, extra);
    if (spoken !== '') this.said.push(spoken);
  }

  /** The next of several wordings, from the first again after the last. `key` tells lists apart. */
  sayNext(key: string, wordings: readonly string[], extra: Record<string, unknown> = {}): void {
    if (wordings.length === 0) return;
    const count = this.count(key);
    this.say(wordings[count % wordings.length]!, extra);
  }

  message(name: keyof DialogueMessages, extra: Record<string, unknown> = {}): void {
    const wordings = this.dialogue.spec.messages?.[name] ?? FALLBACKS[name];
    this.sayNext(name, typeof wordings === 'string' ? [] : wordings, extra);
  }

  /** The name of the intent that a message of this kind stands for. */
  messageIntent(name: 'notUnderstoodThen' | 'nothingElse'): string | undefined {
    const intent = this.dialogue.spec.messages?.[name];
    return intent && this.dialogue.intents.has(intent) ? intent : undefined;
  }

  holds(condition: string | undefined): boolean {
    return condition === undefined || this.dialogue.condition(condition).holds(this.variables());
  }

  render(text: string, extra: Record<string, unknown> = {}): string {
    return this.dialogue.template(text).render(this.variables(extra)).replaceAll(/\s+/g, ' ').trim();
  }

  /** The value of a template for a tool's argument; undefined when there is none. */
  argument(text: string): unknown {
    const value = this.dialogue.template(text).value(this.variables());
    return value === null || value === '' ? undefined : value;
  }

  call(name: string, args: Record<string, unknown>, purpose: PendingCall['purpose']): void {
    this.state.calls += 1;
    const callId = `call_${this.state.calls}`;
    this.toolCall = { callId, name, arguments: JSON.stringify(args), byRule: true };
    this.state.pending = { callId, purpose };
  }

  private variables(extra: Record<string, unknown> = {}): Record<string, unknown> {
    return { ...this.request.variables, slots: this.state.slots, result: this.result, ...extra };
  }

  private count(key: string): number {
    const count = this.state.spoken[key] ?? 0;
    this.state.spoken[key] = count + 1;
    return count;
  }
}

/** For agents whose files do not say it; the shipped defaults do. */
const FALLBACKS: DialogueMessages = {
  notUnderstood: ['I am sorry, I did not understand that.'],
  notUnderstoodThen: '',
  moreDigits: ['Go on.'],
  resumed: [''],
  cancelled: ['All right, I have dropped that.'],
  nothingToCancel: ['All right.'],
  nothingToRepeat: ['I have not said anything yet.'],
  help: ['You can ask me about {{ titles }}.'],
  denied: ['All right, I will not do that.'],
  toolFailed: ['I am sorry, that did not work.'],
  anythingElse: ['Is there anything else?'],
  goAhead: ['Go ahead.'],
  nothingElse: '',
  afterHandoff: ['How can I help you?'],
};
