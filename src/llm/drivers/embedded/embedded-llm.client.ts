import { Injectable } from '@nestjs/common';
import { Clock } from '../../../kernel/clock.js';
import { messageOf, ParleyError } from '../../../kernel/errors.js';
import { LlmClient, type LlmEvent, type LlmRequest } from '../../llm-client.js';
import { respond, type DialogueReplyText } from './dialogue-engine.js';

const WORDS_PER_EVENT = 4;

/** Drives a conversation by the rules in the agent's YAML, without a model. Its limits are in docs/agents.md. */
@Injectable()
export class EmbeddedLlmClient extends LlmClient {
  readonly name = 'embedded';

  constructor(private readonly clock: Clock) {
    super();
  }

  override async start(): Promise<void> {}

  override async *stream(request: LlmRequest, signal: AbortSignal): AsyncGenerator<LlmEvent> {
    signal.throwIfAborted();
    const { text, toolCall } = this.respond(request);
    for (const group of wordGroups(text)) {
      yield { type: 'text', text: group };
      signal.throwIfAborted();
    }
    if (toolCall) {
      yield { type: 'tool_call', call: toolCall };
      signal.throwIfAborted();
    }
    yield { type: 'finish', reason: toolCall ? 'tool_calls' : 'stop' };
  }

  override async close(): Promise<void> {}

  private respond(request: LlmRequest): DialogueReplyText {
    try {
      return respond(request, this.clock.wallTime());
    } catch (error) {
      throw new ParleyError('llm_failed', `The dialogue rules failed: ${messageOf(error)}`, false, { cause: error });
    }
  }
}

/** A few words at a time, as a model's tokens come, so that whatever follows meets the same input. */
function wordGroups(text: string): string[] {
  return text.match(new RegExp(String.raw`(?:\S+\s*){1,${WORDS_PER_EVENT}}`, 'g')) ?? [];
}
