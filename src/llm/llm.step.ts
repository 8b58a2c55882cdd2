import { Injectable } from '@nestjs/common';
import { Readiness, type ReadinessCheck } from '../lifecycle/readiness-check.js';
import { type LifecycleStep, Step, type StepReport } from '../lifecycle/step.js';
import { LlmClient } from './llm-client.js';

/** The language model's client. The step is named for what it is in most deployments, Azure OpenAI. */
@Injectable()
@Step({ name: 'aoai', after: ['speech'], timeoutMs: 15_000 })
export class LlmStep implements LifecycleStep {
  private running = false;

  constructor(private readonly llm: LlmClient) {}

  get started(): boolean {
    return this.running;
  }

  async start(signal: AbortSignal): Promise<StepReport> {
    await this.llm.start(signal);
    this.running = true;
    return { summary: `dialogue: ${this.llm.name}` };
  }

  stop(): Promise<void> {
    this.running = false;
    return this.llm.close();
  }
}

/** Down until the client has started, once it is closed, and while none of its models can be asked. */
@Injectable()
@Readiness({ name: 'dialogue', critical: true, timeoutMs: 1000, cacheMs: 1000 })
export class DialogueReadiness implements ReadinessCheck {
  constructor(
    private readonly step: LlmStep,
    private readonly llm: LlmClient,
  ) {}

  check(): Record<string, unknown> {
    if (!this.step.started) throw new Error('the client has not started');
    const models = this.llm.models();
    const states = Object.fromEntries(models.map(({ name, state }) => [name, state]));
    if (models.every(({ state }) => state === 'open'))
      throw new Error(`none of the models can be asked: ${Object.keys(states).join(', ')}`);
    const [first] = models;
    const degraded = first && first.state !== 'closed' && `${first.name} is not asked; others answer in its place`;
    return { driver: this.llm.name, models: states, ...(degraded && { degraded }) };
  }
}
