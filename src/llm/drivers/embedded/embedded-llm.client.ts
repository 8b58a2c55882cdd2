import { Injectable } from '@nestjs/common';
import { Clock } from '../../../kernel/clock.js';
import { LlmClient, type LlmEvent, type LlmRequest } from '../../llm-client.js';

/** Drives a conversation by the rules in the agent's YAML, without a model. */
@Injectable()
export class EmbeddedLlmClient extends LlmClient {
  readonly name = 'embedded';

  constructor(private readonly clock: Clock) {
    super();
  }

  override async start(): Promise<void> {}

  override async *stream(_request: LlmRequest, signal: AbortSignal): AsyncGenerator<LlmEvent> {
    signal.throwIfAborted();
    yield { type: 'text', text: 'I am sorry, I did not understand that.' };
    yield { type: 'finish', reason: 'stop' };
  }

  override async close(): Promise<void> {}
}
