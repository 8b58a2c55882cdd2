import type { DialogueSpec } from './dialogue-spec.js';

/** Makes the agent's next words. `stream` is one request; tools are run by the caller, which then asks again. */
export abstract class LlmClient {
  abstract readonly name: string;
  abstract start(signal: AbortSignal): Promise<void>;
  /**
   * Ends with exactly one `finish` event. Throws the signal's reason when aborted, else a ParleyError `llm_failed`.
   */
  abstract stream(request: LlmRequest, signal: AbortSignal): AsyncIterable<LlmEvent>;
  abstract close(): Promise<void>;
}

export interface LlmRequest {
  /** The agent's rendered system prompt first, then the conversation, oldest first. */
  readonly messages: readonly LlmMessage[];
  readonly tools: readonly LlmTool[];
  /** The agent's own dialogue rules; drivers of real models ignore it. */
  readonly dialogue: DialogueSpec;
  /** Values that templates of the dialogue may use (agent, session, verified caller). */
  readonly variables: Readonly<Record<string, unknown>>;
  /** JSON-able notes a driver keeps between requests of one session, such as half-filled slots. Owned by the session. */
  readonly memory: Record<string, unknown>;
}

export type LlmMessage =
  | { readonly role: 'system'; readonly content: string }
  /** `rejected`: there was speech, but it was not understood; the content is then empty. */
  | { readonly role: 'user'; readonly content: string; readonly rejected?: boolean }
  | { readonly role: 'assistant'; readonly content: string; readonly toolCalls?: readonly LlmToolCall[] }
  /** `content` is JSON. */
  | { readonly role: 'tool'; readonly callId: string; readonly name: string; readonly content: string };

export interface LlmTool {
  readonly name: string;
  readonly description: string;
  /** JSON Schema of the arguments object. */
  readonly parameters: Readonly<Record<string, unknown>>;
}

export interface LlmToolCall {
  readonly callId: string;
  readonly name: string;
  /** JSON text of the arguments object, as models send it. */
  readonly arguments: string;
}

export type LlmEvent =
  | { readonly type: 'text'; readonly text: string }
  | { readonly type: 'tool_call'; readonly call: LlmToolCall }
  | {
      readonly type: 'finish';
      readonly reason: 'stop' | 'tool_calls' | 'length' | 'content_filter';
      readonly usage?: LlmUsage;
    };

export interface LlmUsage {
  readonly inputTokens: number;
  readonly outputTokens: number;
}
