import { STEP_TOOLS } from '../../dialogue-spec.js';
import type { LlmMessage, LlmRequest, LlmToolCall } from '../../llm-client.js';
import { compileDialogue } from './compiled-dialogue.js';
import { DialogueTurn } from './dialogue-turn.js';
import { Listener } from './listener.js';
import { isFailure, TaskRunner } from './task-runner.js';
import { newTask } from './dialogue-state.js';

export interface DialogueReplyText {
  readonly text: string;
  readonly toolCall: LlmToolCall | undefined;
}

type ToolMessage = LlmMessage & { role: 'tool' };

/**
 * The engine's answer to the last message of `request`; notes the new state in `request.memory` before it returns, so
 * that an answer that is interrupted while it is spoken leaves a state the next one can go on from.
 */
export function respond(request: LlmRequest, wallTimeMs: number): DialogueReplyText {
  const turn = new DialogueTurn(request, compileDialogue(request.dialogue), midnight(wallTimeMs));
  const runner = new TaskRunner(turn);
  const listener = new Listener(turn, runner);
  const last = request.messages.at(-1);
  const arrival = unseenHandoff(turn);

  if (last?.role === 'user') {
    if (arrival) prepareHandoff(turn, arrival);
    settleInterruptedCall(turn, runner);
    // What became of the interrupted call may itself have ended the conversation here.
    if (!turn.toolCall) {
      if (last.rejected) listener.miss();
      else listener.hear(last.content);
    }
  } else if (arrival) {
    arrive(turn, runner, arrival);
  } else {
    finishCalls(turn, runner);
  }

  const { text, toolCall } = turn;
  if (text !== '') turn.state.lastReply = text;
  return { text, toolCall };
}

/** A result of a handoff, since the last thing this session has acted on: then this is the new agent. */
function unseenHandoff(turn: DialogueTurn): ToolMessage | undefined {
  const handoff = turn.request.messages.findLast(
    (message): message is ToolMessage =>
      message.role === 'tool' && message.name === STEP_TOOLS.handoff && !isFailure(parse(message)),
  );
  return handoff && handoff.callId !== turn.state.handoff ? handoff : undefined;
}

function entryFor(turn: DialogueTurn, handoff: ToolMessage) {
  const entries = turn.dialogue.spec.onHandoff ?? {};
  const reason = (parse(handoff) as { reason?: unknown } | null)?.reason;
  return typeof reason === 'string' && Object.hasOwn(entries, reason) ? entries[reason] : entries['default'];
}

function markArrived(turn: DialogueTurn, handoff: ToolMessage): void {
  const { state } = turn;
  state.handoff = handoff.callId;
  state.pending = undefined;
  state.stack = [];
  state.awaiting = undefined;
  state.misses = 0;
}

function arrive(turn: DialogueTurn, runner: TaskRunner, handoff: ToolMessage): void {
  markArrived(turn, handoff);
  runner.await(undefined);
  const entry = entryFor(turn, handoff);
  if (entry) turn.sayNext('handoff', entry.say);
  if (entry?.start !== undefined) runner.start(entry.start);
  else if (!entry) turn.message('afterHandoff');
}

/** The caller speaks before the new agent could: what it was to begin with waits under whatever is said. */
function prepareHandoff(turn: DialogueTurn, handoff: ToolMessage): void {
  markArrived(turn, handoff);
  const start = entryFor(turn, handoff)?.start;
  if (start !== undefined) turn.state.stack.push(newTask(start));
}

function finishCalls(turn: DialogueTurn, runner: TaskRunner): void {
  const { pending } = turn.state;
  const message = pending && resultOf(turn, pending.callId);
  turn.state.pending = undefined;
  if (!pending || !message) {
    turn.message('afterHandoff');
    return;
  }
  const result = parse(message);
  if (pending.purpose === 'task') {
    runner.finishTool(result);
  } else if (isFailure(result)) {
    turn.result = result;
    runner.await(undefined);
    turn.message('toolFailed');
  }
}

/** The caller spoke while a tool ran. If it has finished all the same, they hear what came of it first. */
function settleInterruptedCall(turn: DialogueTurn, runner: TaskRunner): void {
  const { pending } = turn.state;
  if (!pending) return;
  turn.state.pending = undefined;
  const message = resultOf(turn, pending.callId);
  const result = message && parse(message);
  if (pending.purpose !== 'task' || result === undefined || wasInterrupted(result)) return;
  runner.finishTool(result);
  // They have begun to say what else there is.
  if (turn.state.awaiting?.type === 'anything_else') turn.said.pop();
}

/** The session's mark for a tool that was stopped half-way: the task is still to be done. */
function wasInterrupted(result: unknown): boolean {
  return isFailure(result) && (result as { code?: unknown }).code === 'interrupted';
}

function resultOf(turn: DialogueTurn, callId: string): ToolMessage | undefined {
  return turn.request.messages.findLast(
    (message): message is ToolMessage => message.role === 'tool' && message.callId === callId,
  );
}

function parse(message: ToolMessage): unknown {
  try {
    return JSON.parse(message.content);
  } catch {
    return { error: 'The result is not valid JSON.' };
  }
}

/** Of the process's own time zone: what callers mean by "today". */
function midnight(wallTimeMs: number): Date {
  const local = new Date(wallTimeMs);
  return new Date(Date.UTC(local.getFullYear(), local.getMonth(), local.getDate()));
}
