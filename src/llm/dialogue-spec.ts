import type { SpeechSlot } from '../speech/stt-stream.js';

/**
 * An agent's rules for the embedded dialogue engine: what callers want, what must be known before acting, what is said.
 * Texts are templates (Liquid) over the session's variables, `slots`, and `result` (of the last tool call).
 * Where a text is a list, its wordings are used one after the other.
 */
export interface DialogueSpec {
  readonly slots: Readonly<Record<string, DialogueSlot>>;
  /** By name, in the order of the file. Without any, the engine can only say that it does not understand. */
  readonly intents?: Readonly<Record<string, DialogueIntent>>;
  /** What to do after another agent handed over, by the reason it gave; `default` for any other reason. */
  readonly onHandoff?: Readonly<Record<string, HandoffEntry>>;
  readonly messages?: Partial<DialogueMessages>;
}

/** One thing to be found out from the caller. */
export type DialogueSlot = SpeechSlot & {
  /** Questions that ask for it: the first time, the second time… The last one is used from then on. */
  readonly ask?: readonly string[];
  /** How it may be said in an answer besides alone, in the notation of `SpeechHints.phrases`. */
  readonly phrases?: readonly string[];
  /** A template; its value is taken instead of asking, unless it is empty. */
  readonly default?: string;
  /** Kept for later tasks and other agents, instead of being forgotten with the task that asked for it. */
  readonly keep?: boolean;
};

export interface DialogueIntent {
  /** Completes "I can …" and "Back to …": a noun or an infinitive, as the messages need it. */
  readonly title?: string;
  /** What callers say, in the notation of `SpeechHints.phrases`. Empty: only other rules start this intent. */
  readonly examples: readonly string[];
  /** The engine's own handling instead of a task. */
  readonly command?: DialogueCommand;
  /** An intent to go through first. */
  readonly requires?: string;
  /** A Liquid condition; when true there is nothing left to do and the intent counts as gone through. */
  readonly doneWhen?: string;
  /** Must be known before acting; asked for in this order. */
  readonly slots: readonly string[];
  /** Asked before acting, and only a clear yes goes on. */
  readonly confirm: readonly string[];
  /** After a no to `confirm`; the message `denied` when empty. */
  readonly denied: readonly DialogueReply[];
  /** Said while the tool runs. */
  readonly filler?: string;
  readonly tool?: DialogueToolCall;
  /** The first whose condition holds is said, with the tool's result where there is a tool. */
  readonly replies: readonly DialogueReply[];
  /** The same for a failed tool; the message `toolFailed` when none fits. */
  readonly failed: readonly DialogueReply[];
}

/** `repeat` says the last reply again, `cancel` drops the task, `help` says what there is, `hush` only stops talking. */
export type DialogueCommand = 'repeat' | 'cancel' | 'help' | 'hush';

export interface DialogueToolCall {
  readonly name: string;
  /** Templates by argument; `{{ slots.amount }}` alone keeps its type, an empty result leaves the argument out. */
  readonly arguments: Readonly<Record<string, string>>;
}

export interface DialogueReply {
  /** A Liquid condition such as `result.verified`. */
  readonly when?: string;
  readonly say: readonly string[];
  readonly next: DialogueStep;
}

export type DialogueStep =
  /** The task is finished: goes on with an interrupted one, else asks whether there is anything else. */
  | { readonly type: 'done' }
  /** Finished, without asking anything. */
  | { readonly type: 'listen' }
  /** Forgets these slots (none: all of the task) and asks for them again. */
  | { readonly type: 'retry'; readonly slots: readonly string[] }
  /** Drops this task and whatever was waiting for it. */
  | { readonly type: 'abandon' }
  | { readonly type: 'start'; readonly intent: string }
  | { readonly type: 'handoff'; readonly target: string; readonly reason: string }
  | { readonly type: 'transfer'; readonly target: string; readonly reason: string }
  | { readonly type: 'end'; readonly reason: string };

export interface HandoffEntry {
  readonly say: readonly string[];
  readonly start?: string;
}

/** What the engine says on its own account. */
export interface DialogueMessages {
  /** The first, second, third time in a row that nothing was understood. */
  readonly notUnderstood: readonly string[];
  /** The intent to start after the last of them. */
  readonly notUnderstoodThen: string;
  /** `digits`: those heard so far. */
  readonly moreDigits: readonly string[];
  /** `title`: the task that goes on. */
  readonly resumed: readonly string[];
  readonly cancelled: readonly string[];
  readonly nothingToCancel: readonly string[];
  readonly nothingToRepeat: readonly string[];
  /** `titles`: what the agent can do, as one phrase. */
  readonly help: readonly string[];
  readonly denied: readonly string[];
  /** `result.error` may be used, but is meant for models and logs. */
  readonly toolFailed: readonly string[];
  /** Asked after a finished task. */
  readonly anythingElse: readonly string[];
  /** After a yes to it. */
  readonly goAhead: readonly string[];
  /** The intent to start after a no to it. */
  readonly nothingElse: string;
  /** After a handoff whose reason the agent has no rule for. */
  readonly afterHandoff: readonly string[];
}

/** Key in `LlmRequest.memory` under which a driver says which slots the caller was just asked for (`string[]`). */
export const EXPECTING = 'expecting';

/** The slot in `EXPECTING` that stands for the answer to a yes-or-no question; every agent has it. */
export const CONFIRMATION = 'confirmation';

export const CONFIRMATION_SLOT: DialogueSlot = { kind: 'yesno' };

/** The tools that dialogue steps call. */
export const STEP_TOOLS = { handoff: 'handoff_to_agent', transfer: 'transfer_to_human', end: 'end_call' } as const;
