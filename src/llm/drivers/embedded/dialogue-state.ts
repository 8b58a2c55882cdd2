import type { SlotValue } from './entities.js';

/** What the engine remembers of a session between requests. Plain JSON, kept in `LlmRequest.memory`. */
export interface DialogueState {
  /** What the caller is in the middle of; the last one is the current task. */
  stack: Task[];
  slots: Record<string, SlotValue>;
  /** Names of filled slots, the latest last: what "no, 4243" corrects. */
  filled: string[];
  awaiting: Awaiting | undefined;
  /** Digits of an answer that came in pieces. */
  digits: string;
  /** How often in a row nothing was understood. */
  misses: number;
  /** How often each list of wordings was used. */
  spoken: Record<string, number>;
  lastReply: string;
  pending: PendingCall | undefined;
  /** The call id of the last handoff this session has acted on. */
  handoff: string | undefined;
  calls: number;
}

export interface Task {
  intent: string;
  confirmed: boolean;
  /** Whether the intent it requires has been gone through. */
  prepared: boolean;
  /** How often each slot was asked for. */
  asked: Record<string, number>;
}

export type Awaiting = { type: 'slot'; slot: string } | { type: 'confirm' } | { type: 'anything_else' };

export interface PendingCall {
  callId: string;
  /** `task`: the tool of the current task; `step`: a handoff, a transfer or the end. */
  purpose: 'task' | 'step';
}

const KEY = 'dialogue';

export function stateIn(memory: Record<string, unknown>): DialogueState {
  return (memory[KEY] ??= {
    stack: [],
    slots: {},
    filled: [],
    awaiting: undefined,
    digits: '',
    misses: 0,
    spoken: {},
    lastReply: '',
    pending: undefined,
    handoff: undefined,
    calls: 0,
  } satisfies DialogueState) as DialogueState;
}

export function newTask(intent: string): Task {
  return { intent, confirmed: false, prepared: false, asked: {} };
}
