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
  /** Done when the agent has finished speaking. */
  readonly finalAction?: FinalAction;
  readonly interruptible: boolean;
}

export interface SpeechTiming {
  readonly speechEndedAt: number;
  readonly endpointedAt: number;
  readonly finalAt: number;
}

export type FinalAction =
  | { readonly type: 'end'; readonly reason: string }
  | { readonly type: 'transfer'; readonly target: string; readonly reason: string };

export function isCallerTurn(turn: Turn): boolean {
  return turn.id !== null;
}
