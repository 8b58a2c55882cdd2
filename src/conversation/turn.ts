import type { SttResult } from '../speech/stt-stream.js';

/** One thing to answer: what the caller said, typed or keyed, or an occasion for the agent to speak. */
export interface Turn {
  /** null for what the agent says on its own account. */
  readonly id: string | null;
  readonly source: 'voice' | 'text' | 'dtmf' | 'greeting' | 'no_input' | 'reconnect' | 'filler' | 'transfer_failed';
  /**
   * What the caller said; for the others what the agent says. Empty at a `reconnect`: the caller's last words, from
   * before, have no answer yet.
   */
  readonly text: string;
  /** There was speech, but it was not understood. */
  readonly rejected: boolean;
  /** Clock times of a spoken turn. */
  readonly timing?: SpeechTiming;
  /** How a spoken turn was understood, or was not. */
  readonly recognition?: Recognition;
  /** Done when the agent has finished speaking. */
  readonly finalAction?: FinalAction;
  readonly interruptible: boolean;
}

/** One utterance at the recogniser. */
export interface Recognition {
  /** Clock times: from its first audio to what came of it. */
  readonly startedAt: number;
  readonly endedAt: number;
  /** Who has understood it, if somebody has. */
  readonly result?: SttResult;
  readonly error?: Error;
}

export interface SpeechTiming {
  /** Since when the recogniser heard it. */
  readonly startedAt: number;
  readonly speechEndedAt: number;
  readonly endpointedAt: number;
  readonly finalAt: number;
}

export type FinalAction =
  | { readonly type: 'end'; readonly reason: string }
  | { readonly type: 'transfer'; readonly target: string; readonly reason: string };

/** @param number from 1, of a call and of its connections one after the other */
export function turnId(number: number): string {
  return `turn_${number}`;
}

/** The caller's turn before this one; null if there is none. */
export function turnBefore(id: string | null): string | null {
  const number = Number(/^turn_(\d+)$/.exec(id ?? '')?.[1] ?? 0);
  return number > 1 ? turnId(number - 1) : null;
}

export function isCallerTurn(turn: Turn): boolean {
  return turn.id !== null;
}
