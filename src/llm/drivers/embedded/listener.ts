import type { DialogueSlot } from '../../dialogue-spec.js';
import type { DialogueTurn } from './dialogue-turn.js';
import { digitRuns, findSlot, readingsAt, type SlotValue } from './entities.js';
import type { TaskRunner } from './task-runner.js';
import { isHesitation, mayStandAroundAnswer, tokenize } from './tokens.js';
import { ACCEPTED_SCORE, extractValues, fits, shareDigits, understand, type Understanding } from './understanding.js';
import { type YesOrNo, yesOrNo } from './yes-or-no.js';

/** A sentence that is as sure as this about something else is not taken as an answer with some words around it. */
const SURE_SCORE = 0.6;
const CORRECTION_MARKS = new Set(['no', 'sorry', 'wait', 'actually', 'correction', 'rather', 'meant']);

/** Decides what a caller's words mean in the present state of the dialogue, and lets the runner act on it. */
export class Listener {
  private isQuestion = false;

  constructor(
    private readonly turn: DialogueTurn,
    private readonly runner: TaskRunner,
  ) {}

  hear(text: string): void {
    const tokens = tokenize(text);
    this.isQuestion = text.includes('?');
    if (tokens.length === 0) return this.miss();
    const heard = understand(tokens, this.turn.dialogue, this.turn.today);
    const understood =
      this.answer(tokens, heard) || this.correct(tokens, heard) || this.request(tokens, heard) || this.nod(tokens);
    if (understood) {
      this.turn.state.misses = 0;
    } else {
      this.miss();
    }
  }

  /** Nothing was understood: says so, each time in other words, and in the end starts the intent that offers help. */
  miss(): void {
    const { state, dialogue } = this.turn;
    const wordings = dialogue.spec.messages?.notUnderstood ?? [];
    state.misses += 1;
    const offer = this.turn.messageIntent('notUnderstoodThen');
    if (state.misses > wordings.length && offer !== undefined && this.runner.current?.intent !== offer) {
      state.misses = 0;
      this.runner.start(offer);
      return;
    }
    if (wordings.length > 0) this.turn.say(wordings[Math.min(state.misses, wordings.length) - 1]!);
    else this.turn.message('notUnderstood');
    this.runner.askAgain();
  }

  private answer(tokens: readonly string[], heard: Understanding): boolean {
    const { awaiting } = this.turn.state;
    if (awaiting?.type === 'slot') return this.answerSlot(awaiting.slot, tokens, heard);
    if (awaiting?.type === 'confirm') return this.answerConfirmation(tokens, heard);
    return awaiting?.type === 'anything_else' && this.answerAnythingElse(tokens, heard);
  }

  private answerSlot(name: string, tokens: readonly string[], heard: Understanding): boolean {
    const slot = this.turn.dialogue.slots[name];
    if (!slot) return false;
    if (heard.score === 1 && heard.intent === undefined) {
      this.runner.fill(heard.values);
      this.runner.proceed();
      return true;
    }
    if (heard.score === 1 && !this.isNothingBut(slot, tokens)) return false;
    const corrected = this.slotMeantBy(name, tokens);
    const values =
      slot.kind === 'digits' ? this.digitValues(corrected, tokens) : this.otherValue(corrected, slot, tokens);
    if (!values) return this.keepPiece(name, slot, tokens);
    if (heard.score >= SURE_SCORE && heard.intent !== this.runner.current?.intent && !this.isNothingBut(slot, tokens))
      return false;
    this.runner.fill(values);
    this.runner.proceed();
    return true;
  }

  /** "No, four two four three" right after the first question for something else of that kind means the slot before. */
  private slotMeantBy(name: string, tokens: readonly string[]): string {
    const { state, dialogue } = this.turn;
    const last = state.filled.at(-1);
    const firstTime = (this.runner.current?.asked[name] ?? 0) <= 1 && state.digits === '';
    const sameKind = last !== undefined && dialogue.slots[last]?.kind === dialogue.slots[name]?.kind;
    const ofThisTask = last !== undefined && this.runner.intentOf(this.runner.current)?.slots.includes(last);
    return firstTime && sameKind && ofThisTask && hasCorrectionMark(tokens) ? last : name;
  }

  private digitValues(name: string, tokens: readonly string[]): Record<string, SlotValue> | undefined {
    const { state, dialogue } = this.turn;
    const runs = digitRuns(tokens);
    const only = runs.length === 1 ? runs[0] : undefined;
    const joined = state.digits + (only?.value ?? '');
    if (only && state.digits !== '' && !fits(only.value, dialogue.slots[name]) && fits(joined, dialogue.slots[name]))
      return { [name]: joined };
    const missing = (this.runner.intentOf(this.runner.current)?.slots ?? []).filter(
      (other) => other !== name && !(other in state.slots),
    );
    const values = shareDigits([name, ...missing], tokens, dialogue);
    return name in values ? values : undefined;
  }

  private otherValue(
    name: string,
    slot: DialogueSlot,
    tokens: readonly string[],
  ): Record<string, SlotValue> | undefined {
    if (slot.kind === 'yesno') {
      const said = this.consent(tokens);
      return said === 'unclear' ? undefined : { [name]: said === 'yes' };
    }
    const found = findSlot(slot, tokens, this.turn.today);
    return found && { [name]: found.value };
  }

  /** Callers pause in the middle of a number: the first part is kept, and they are asked for the rest. */
  private keepPiece(name: string, slot: DialogueSlot, tokens: readonly string[]): boolean {
    const { state } = this.turn;
    const [run, another] = digitRuns(tokens);
    if (slot.kind !== 'digits' || !run || another) return false;
    if (!tokens.every((token, index) => (index >= run.start && index < run.end) || mayStandAroundAnswer(token)))
      return false;
    const joined = state.digits + run.value;
    const piece = joined.length < slot.minLength ? joined : run.value.length < slot.minLength ? run.value : '';
    if (piece === '') return false;
    state.digits = piece;
    this.turn.message('moreDigits', { digits: piece });
    this.runner.await({ type: 'slot', slot: name });
    return true;
  }

  private answerConfirmation(tokens: readonly string[], heard: Understanding): boolean {
    const slots = this.runner.intentOf(this.runner.current)?.slots ?? [];
    const said = this.yesOrNoFirst(tokens);
    const values =
      heard.score === 1 && heard.intent === undefined
        ? heard.values
        : extractValues(slots, said?.rest ?? tokens, this.turn.dialogue, this.turn.today);
    const changes = Object.entries(values).some(([name, value]) => this.turn.state.slots[name] !== value);
    if (heard.score === 1 && heard.intent !== undefined && said?.rest.length !== 0) return false;
    if (changes && !(heard.score >= SURE_SCORE && heard.intent !== this.runner.current?.intent)) {
      this.runner.fill(values);
      this.runner.proceed();
      return true;
    }
    const repeatsValues = !changes && Object.keys(values).length > 0;
    const consent = this.consent(tokens, repeatsValues ? digitRuns(tokens) : []);
    if (consent === 'yes') this.runner.confirm();
    else if (said?.value === false && this.wants(said.rest)) return this.denyAndRequest(said.rest);
    else if (consent === 'no' && (said || heard.intent === undefined)) this.runner.deny();
    else return false;
    return true;
  }

  /** "No, show me my transactions." */
  private denyAndRequest(rest: readonly string[]): boolean {
    this.runner.cancelAll();
    return this.request(rest, understand(rest, this.turn.dialogue, this.turn.today));
  }

  private answerAnythingElse(tokens: readonly string[], heard: Understanding): boolean {
    const said = this.yesOrNoFirst(tokens);
    if (!said || (heard.score === 1 && said.rest.length > 0)) return false;
    if (!said.value && this.consent(tokens) !== 'no') return false;
    if (this.wants(said.rest))
      return this.request(said.rest, understand(said.rest, this.turn.dialogue, this.turn.today));
    const closing = this.turn.messageIntent('nothingElse');
    this.runner.await(undefined);
    if (said.value || closing === undefined) this.turn.message('goAhead');
    else this.runner.start(closing);
    return true;
  }

  /** A value for something this task has asked before: "sorry, my card ends in 4243". */
  private correct(tokens: readonly string[], heard: Understanding): boolean {
    if (heard.intent !== undefined || !this.runner.current) return false;
    const slots = this.runner.intentOf(this.runner.current)?.slots ?? [];
    const values = heard.score === 1 ? heard.values : extractValues(slots, tokens, this.turn.dialogue, this.turn.today);
    if (Object.keys(values).length === 0) return false;
    this.runner.fill(values);
    this.runner.proceed();
    return true;
  }

  private request(tokens: readonly string[], heard: Understanding): boolean {
    const { turn, runner } = this;
    const intent = heard.intent === undefined ? undefined : turn.dialogue.intents.get(heard.intent);
    if (heard.intent === undefined || !intent) return false;
    switch (intent.command) {
      case 'repeat':
        if (turn.state.lastReply === '') turn.message('nothingToRepeat');
        else turn.said.push(turn.state.lastReply);
        return true;
      case 'hush':
        turn.sayNext(heard.intent, intent.replies.find((reply) => turn.holds(reply.when))?.say ?? []);
        return true;
      case 'cancel':
        turn.message(runner.cancelAll() ? 'cancelled' : 'nothingToCancel');
        return true;
      case 'help':
        turn.message('help', { titles: this.titles() });
        runner.askAgain();
        return true;
      default:
        this.startTask(heard.intent, tokens, heard);
        return true;
    }
  }

  private startTask(intent: string, tokens: readonly string[], heard: Understanding): void {
    const { turn, runner } = this;
    const { awaiting } = turn.state;
    runner.fill(
      heard.score === 1 ? heard.values : extractValues(this.slotsOf(intent), tokens, turn.dialogue, turn.today),
    );
    runner.start(intent);
    // After a "you are welcome" the question whether there is anything else still stands.
    const isOver = !runner.current && !turn.toolCall && !turn.state.awaiting;
    if (awaiting?.type === 'anything_else' && isOver) runner.await(awaiting);
  }

  /** A yes or a no that nothing asked for. */
  private nod(tokens: readonly string[]): boolean {
    const said = this.runner.current ? undefined : this.yesOrNoFirst(tokens);
    if (!said || said.rest.length > 0) return false;
    this.turn.message(said.value ? 'goAhead' : 'nothingToCancel');
    return true;
  }

  /** Of the intent and of those it requires. */
  private slotsOf(name: string): string[] {
    const names: string[] = [];
    const seen = new Set<string>();
    for (let at: string | undefined = name; at !== undefined && !seen.has(at);) {
      seen.add(at);
      const intent = this.turn.dialogue.intents.get(at);
      names.push(...(intent?.slots ?? []));
      at = intent?.requires;
    }
    return names;
  }

  private titles(): string {
    const titles = [...this.turn.dialogue.intents.values()].flatMap(({ title, command }) =>
      title && !command ? [title] : [],
    );
    return new Intl.ListFormat('en', { type: 'disjunction' }).format(titles);
  }

  /** What all of it says to the last question. @param repeated what was asked about, and may be said with a yes */
  private consent(tokens: readonly string[], repeated: readonly { start: number; end: number }[] = []): YesOrNo {
    const { lastReply } = this.turn.state;
    const values = repeated.flatMap(({ start, end }) => tokens.slice(start, end));
    const said = yesOrNo(tokens, new Set([...tokenize(lastReply), ...values]));
    return said === 'yes' && this.isQuestion ? 'unclear' : said;
  }

  /** A yes or a no at the beginning, and the words behind it that say more: what they want, not whether all is a yes. */
  private yesOrNoFirst(tokens: readonly string[]): { value: boolean; rest: string[] } | undefined {
    const start = tokens.findIndex((token) => !isHesitation(token));
    if (start < 0) return undefined;
    const [reading] = readingsAt({ kind: 'yesno' }, tokens, start, this.turn.today);
    if (!reading) return undefined;
    const rest = tokens.slice(reading.end);
    if (reading.value === true && this.consent(tokens) === 'no') return { value: false, rest: [] };
    const value = reading.value === true;
    return { value, rest: rest.every(mayStandAroundAnswer) ? [] : [...rest] };
  }

  private wants(tokens: readonly string[]): boolean {
    return understand(tokens, this.turn.dialogue, this.turn.today).score >= Math.max(SURE_SCORE, ACCEPTED_SCORE);
  }

  /** Whether `tokens` are a value of `slot` and words that may stand around it. */
  private isNothingBut(slot: DialogueSlot, tokens: readonly string[]): boolean {
    const found = findSlot(slot, tokens, this.turn.today);
    return (
      found !== undefined &&
      tokens.every(
        (token, index) =>
          (index >= found.start && index < found.end) || mayStandAroundAnswer(token) || CORRECTION_MARKS.has(token),
      )
    );
  }
}

function hasCorrectionMark(tokens: readonly string[]): boolean {
  return tokens.slice(0, 3).some((token) => CORRECTION_MARKS.has(token));
}
