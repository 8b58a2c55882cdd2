import { untilAborted } from '../../kernel/abort.js';
import type { Clock } from '../../kernel/clock.js';
import { EXPECTING } from '../dialogue-spec.js';
import { LlmClient, type LlmEvent, type LlmRequest } from '../llm-client.js';

/** One thing a scripted model does; those with `afterMs` wait that long first. */
export type ScriptedStep =
  /** A piece of text, as it would come from a model. */
  | { readonly text: string; readonly afterMs?: number }
  | { readonly tool: string; readonly arguments?: Readonly<Record<string, unknown>>; readonly afterMs?: number }
  /** Notes, as a driver would, which slots the caller is asked for. */
  | { readonly expecting: readonly string[] }
  | { readonly error: Error; readonly afterMs?: number }
  /** Another model begins anew. */
  | { readonly restart: true }
  /** Says nothing more until the request is aborted. */
  | { readonly stall: true };

export type ScriptedReply = readonly ScriptedStep[];

/** A model that answers each request with the next reply of its script, in no time unless the script says otherwise. */
export class ScriptedLlmClient extends LlmClient {
  readonly name = 'scripted';
  readonly requests: LlmRequest[] = [];
  /** How many requests were aborted before their reply was over. */
  aborted = 0;
  /** Requests that are being answered. */
  running = 0;
  private calls = 0;
  private readonly replies: ScriptedReply[] = [];

  /**
   * @param otherwise what it answers when the script is over.
   * @param remembers whether it keeps its requests, for tests to look at.
   */
  constructor(
    private readonly clock: Clock,
    private readonly otherwise: () => ScriptedReply = () => [{ text: 'All right.' }],
    private readonly remembers = true,
  ) {
    super();
  }

  /** Adds the reply to one more request. */
  reply(...steps: (ScriptedStep | string)[]): this {
    this.replies.push(steps.map((step) => (typeof step === 'string' ? { text: step } : step)));
    return this;
  }

  override async start(): Promise<void> {}

  override async *stream(request: LlmRequest, signal: AbortSignal): AsyncGenerator<LlmEvent> {
    if (this.remembers) this.requests.push(request);
    this.running++;
    let over = false;
    try {
      signal.throwIfAborted();
      let toolCalls = false;
      for (const step of this.replies.shift() ?? this.otherwise()) {
        if ('stall' in step) await untilAborted(new Promise(() => undefined), signal);
        if ('afterMs' in step && step.afterMs !== undefined) await this.clock.delay(step.afterMs, signal);
        if ('error' in step) throw step.error;
        if ('restart' in step) yield { type: 'restart' };
        if ('expecting' in step) request.memory[EXPECTING] = [...step.expecting];
        if ('text' in step) yield { type: 'text', text: step.text };
        if ('tool' in step) {
          toolCalls = true;
          const call = {
            callId: `call_${++this.calls}`,
            name: step.tool,
            arguments: JSON.stringify(step.arguments ?? {}),
          };
          yield { type: 'tool_call', call };
        }
        signal.throwIfAborted();
      }
      yield { type: 'finish', reason: toolCalls ? 'tool_calls' : 'stop' };
      over = true;
    } finally {
      this.running--;
      if (!over && signal.aborted) this.aborted++;
    }
  }

  override async close(): Promise<void> {}
}
