import type { BreakerState } from '../kernel/provider-breaker.js';
import type { DialogueSpec } from './dialogue-spec.js';

/** Makes the agent's next words. `stream` is one request; tools are run by the caller, which then asks again. */
export abstract class LlmClient {
  abstract readonly name: string;
  abstract start(signal: AbortSignal): Promise<void>;
  /**
   * Ends with exactly one `finish` event. Throws the signal's reason when aborted, else a ParleyError `llm_failed`: an
   * LlmError where more is known of what went wrong.
   */
  abstract stream(request: LlmRequest, signal: AbortSignal): AsyncIterable<LlmEvent>;
  abstract close(): Promise<void>;

  /** Makes the first answer as fast as the next ones, at the price of one cheap request; false when it did not work. */
  async warmUp(_signal: AbortSignal): Promise<boolean> {
    return true;
  }

  /** The same of each of the models behind it. */
  async warmUpEach(signal: AbortSignal): Promise<readonly LlmWarmUp[]> {
    return [{ model: this.name, ok: await this.warmUp(signal) }];
  }

  /** The models behind it, in the order in which they are asked. */
  models(): readonly LlmModelStatus[] {
    return [{ name: this.name, state: 'closed' }];
  }
}

export interface LlmWarmUp {
  readonly model: string;
  readonly ok: boolean;
}

export interface LlmModelStatus {
  readonly name: string;
  /** `open`: it is not asked at present, because it failed. */
  readonly state: BreakerState;
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
  /** What the agent wants in place of the configured values. */
  readonly sampling?: LlmSampling;
  /** Whether any of this answer has been spoken. Without it, text counts as spoken as soon as it is passed on. */
  readonly spoken?: () => boolean;
}

export interface LlmSampling {
  /** 0 to 2. */
  readonly temperature?: number;
  /** Of one answer. */
  readonly maxTokens?: number;
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
  /** A rule of the agent's own dialogue wants it, and no model. */
  readonly byRule?: true;
}

export type LlmEvent =
  | { readonly type: 'text'; readonly text: string }
  | { readonly type: 'tool_call'; readonly call: LlmToolCall }
  /** Nothing to pass on yet, such as a part of a tool call, but the model is at work. */
  | { readonly type: 'progress' }
  /** What this stream has brought so far is void: another model begins anew. Never after any of it was spoken. */
  | { readonly type: 'restart' }
  | { readonly type: 'finish'; readonly reason: 'stop' | 'tool_calls' | 'length'; readonly usage?: LlmUsage };

export interface LlmUsage {
  readonly inputTokens: number;
  readonly outputTokens: number;
}
