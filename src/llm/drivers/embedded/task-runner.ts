import {
  CONFIRMATION,
  type DialogueIntent,
  type DialogueReply,
  type DialogueStep,
  EXPECTING,
  STEP_TOOLS,
} from '../../dialogue-spec.js';
import { newTask, type Task } from './dialogue-state.js';
import type { DialogueTurn } from './dialogue-turn.js';
import type { SlotValue } from './entities.js';

const DEEPEST_STACK = 4;
/** Rules that start each other in a circle end here. */
const MOST_STEPS = 24;

/** Moves tasks on: asks for what is missing, confirms, acts, and says what came of it. */
export class TaskRunner {
  private steps = 0;

  constructor(private readonly turn: DialogueTurn) {}

  get current(): Task | undefined {
    return this.turn.state.stack.at(-1);
  }

  intentOf(task: Task | undefined): DialogueIntent | undefined {
    return task && this.turn.dialogue.intents.get(task.intent);
  }

  /** Begins a task on top of whatever is under way, or goes on with it if that is what it is. */
  start(intent: string): void {
    const { state } = this.turn;
    const open = state.stack.findIndex((task) => task.intent === intent);
    if (open < 0) {
      state.stack.push(newTask(intent));
      if (state.stack.length > DEEPEST_STACK) state.stack.shift();
    }
    this.proceed();
  }

  fill(values: Readonly<Record<string, SlotValue>>): void {
    const { state } = this.turn;
    for (const [name, value] of Object.entries(values)) {
      state.slots[name] = value;
      state.filled = [...state.filled.filter((other) => other !== name), name];
    }
    state.digits = '';
  }

  /** Goes on with the current task until the caller or a tool has to answer. */
  proceed(): void {
    this.await(undefined);
    while (this.current && !this.turn.toolCall) {
      this.steps += 1;
      if (this.steps > MOST_STEPS || !this.advance(this.current)) return;
    }
  }

  /** What to do once the tool of the current task has answered. */
  finishTool(result: unknown): void {
    const { turn } = this;
    const intent = this.intentOf(this.current);
    turn.result = result;
    this.await(undefined);
    if (!intent) {
      turn.message('anythingElse');
      this.await({ type: 'anything_else' });
    } else if (isFailure(result)) {
      const reply = this.pick(intent.failed);
      if (reply) {
        if (this.conclude(reply)) this.proceed();
      } else {
        turn.message('toolFailed');
        if (this.takeStep({ type: 'abandon' })) this.proceed();
      }
    } else {
      const reply = this.pick(intent.replies) ?? { say: [], next: { type: 'done' as const } };
      if (this.conclude(reply)) this.proceed();
    }
  }

  confirm(): void {
    if (this.current) this.current.confirmed = true;
    this.proceed();
  }

  deny(): void {
    const reply = this.pick(this.intentOf(this.current)?.denied ?? []);
    if (!reply) this.turn.message('denied');
    if (reply ? this.conclude(reply) : this.takeStep({ type: 'abandon' })) this.proceed();
  }

  /** Drops everything that is under way; false if there was nothing. */
  cancelAll(): boolean {
    const { state } = this.turn;
    if (state.stack.length === 0) return false;
    for (const task of state.stack) this.forget(task);
    state.stack = [];
    this.await(undefined);
    return true;
  }

  /** Says the current question once more, in its next wording. */
  askAgain(): void {
    if (this.current) this.proceed();
    else this.await(this.turn.state.awaiting);
  }

  /** Notes what the caller's next words answer, for itself and for the recogniser. */
  await(awaiting: DialogueTurn['state']['awaiting']): void {
    const { state, request } = this.turn;
    state.awaiting = awaiting;
    const corrections = awaiting?.type === 'confirm' ? (this.intentOf(this.current)?.slots ?? []) : [];
    request.memory[EXPECTING] = !awaiting
      ? []
      : awaiting.type === 'slot'
        ? [awaiting.slot]
        : [CONFIRMATION, ...corrections];
  }

  /** One step of a task; false when somebody else has to answer first. */
  private advance(task: Task): boolean {
    const { turn } = this;
    const intent = this.intentOf(task);
    if (!intent) return this.drop(task);
    if (intent.doneWhen !== undefined && turn.holds(intent.doneWhen)) return this.takeStep({ type: 'done' });
    if (intent.requires !== undefined && !task.prepared) {
      turn.state.stack.push(newTask(intent.requires));
      return true;
    }
    const missing = intent.slots.find((name) => !this.known(name));
    if (missing !== undefined) return this.ask(task, missing);
    if (intent.confirm.length > 0 && !task.confirmed) {
      const wording = task.asked[CONFIRMATION] ?? 0;
      task.asked[CONFIRMATION] = wording + 1;
      turn.say(intent.confirm[Math.min(wording, intent.confirm.length - 1)]!);
      this.await({ type: 'confirm' });
      return false;
    }
    if (intent.tool) {
      const args = Object.entries(intent.tool.arguments).map(([name, text]) => [name, turn.argument(text)] as const);
      if (intent.filler !== undefined) turn.say(intent.filler);
      turn.call(intent.tool.name, Object.fromEntries(args.filter(([, value]) => value !== undefined)), 'task');
      return false;
    }
    return this.conclude(this.pick(intent.replies) ?? { say: [], next: { type: 'listen' } });
  }

  private known(name: string): boolean {
    const { state, dialogue } = this.turn;
    if (name in state.slots) return true;
    const slot = dialogue.slots[name];
    const value = slot?.default === undefined ? undefined : this.turn.argument(slot.default);
    if (typeof value !== 'string' && typeof value !== 'number' && typeof value !== 'boolean') return false;
    state.slots[name] = value;
    return true;
  }

  private ask(task: Task, slot: string): boolean {
    const wordings = this.turn.dialogue.slots[slot]?.ask ?? [];
    const times = task.asked[slot] ?? 0;
    task.asked[slot] = times + 1;
    this.turn.say(wordings[Math.min(times, wordings.length - 1)] ?? '');
    this.await({ type: 'slot', slot });
    return false;
  }

  private pick(replies: readonly DialogueReply[]): DialogueReply | undefined {
    return replies.find((reply) => this.turn.holds(reply.when));
  }

  private conclude(reply: DialogueReply): boolean {
    this.turn.sayNext(`${this.current?.intent ?? ''} ${reply.say[0] ?? ''}`, reply.say);
    return this.takeStep(reply.next);
  }

  /** True if the next task, or this one again, can go on at once. */
  private takeStep(step: DialogueStep): boolean {
    const { turn } = this;
    const { state } = turn;
    const task = state.stack.at(-1);
    if (!task) return false;
    const intent = this.intentOf(task);
    switch (step.type) {
      case 'retry':
        for (const name of step.slots.length > 0 ? step.slots : (intent?.slots ?? [])) delete state.slots[name];
        task.confirmed = false;
        return true;
      case 'start':
        state.stack.pop();
        this.forget(task);
        state.stack.push(newTask(step.intent));
        return true;
      case 'abandon':
        return this.abandon(task);
      case 'handoff':
        return this.leave(STEP_TOOLS.handoff, { target: step.target, reason: step.reason });
      case 'transfer':
        return this.leave(STEP_TOOLS.transfer, { target: step.target, reason: step.reason });
      case 'end':
        return this.leave(STEP_TOOLS.end, { reason: step.reason });
      default:
        return this.complete(task, step.type === 'done');
    }
  }

  private complete(task: Task, asksForMore: boolean): boolean {
    const { state } = this.turn;
    const intent = this.intentOf(task);
    state.stack.pop();
    this.forget(task);
    const below = this.current;
    if (!below) {
      if (!asksForMore) return false;
      this.turn.message('anythingElse');
      this.await({ type: 'anything_else' });
      return false;
    }
    if (this.intentOf(below)?.requires === task.intent) below.prepared = true;
    else if (intent?.tool || (intent && intent.slots.length > 0)) this.resume();
    return true;
  }

  private abandon(task: Task): boolean {
    this.drop(task);
    for (let below = this.current; below && this.intentOf(below)?.requires === task.intent; below = this.current) {
      task = below;
      this.drop(below);
    }
    if (this.current) this.resume();
    return this.current !== undefined;
  }

  private resume(): void {
    const title = this.intentOf(this.turn.state.stack.findLast((task) => this.intentOf(task)?.title))?.title;
    if (title) this.turn.message('resumed', { title });
  }

  private drop(task: Task): boolean {
    const { state } = this.turn;
    state.stack = state.stack.filter((other) => other !== task);
    this.forget(task);
    return state.stack.length > 0;
  }

  /** The session goes on elsewhere; what is known of the caller goes along. */
  private leave(tool: string, args: Record<string, unknown>): boolean {
    this.turn.state.stack = [];
    this.turn.call(tool, args, 'step');
    return false;
  }

  private forget(task: Task): void {
    const { state, dialogue } = this.turn;
    const gone = (this.intentOf(task)?.slots ?? []).filter((name) => !dialogue.slots[name]?.keep);
    for (const name of gone) delete state.slots[name];
    state.filled = state.filled.filter((name) => !gone.includes(name));
  }
}

export function isFailure(result: unknown): boolean {
  return typeof result === 'object' && result !== null && 'error' in result;
}
