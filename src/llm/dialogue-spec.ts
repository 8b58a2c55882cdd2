import type { SpeechSlot } from '../speech/stt-stream.js';

/**
 * An agent's rules for the embedded dialogue engine: what callers want, what must be known before acting, what is said.
 * Replies are templates (Liquid) over `variables`, `slots`, and `result` (of the last tool call).
 */
export interface DialogueSpec {
  readonly slots: Readonly<Record<string, SpeechSlot>>;
}

/** Key in `LlmRequest.memory` under which a driver says which slots the caller was just asked for (`string[]`). */
export const EXPECTING = 'expecting';
