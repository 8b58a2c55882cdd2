import { Injectable } from '@nestjs/common';
import { type LifecycleStep, Step, type StepReport } from '../lifecycle/step.js';
import { LlmClient } from './llm-client.js';

/** The language model's client. The step is named for what it is in most deployments, Azure OpenAI. */
@Injectable()
@Step({ name: 'aoai', after: ['speech'], timeoutMs: 15_000 })
export class LlmStep implements LifecycleStep {
  constructor(private readonly llm: LlmClient) {}

  async start(signal: AbortSignal): Promise<StepReport> {
    await this.llm.start(signal);
    return { summary: `dialogue: ${this.llm.name}` };
  }

  stop(): Promise<void> {
    return this.llm.close();
  }
}
