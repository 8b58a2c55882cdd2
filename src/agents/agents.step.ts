import { Injectable } from '@nestjs/common';
import { AgentsConfig } from '../config/agents.config.js';
import { type LifecycleStep, Step, type StepReport } from '../lifecycle/step.js';
import { TtsDriver } from '../speech/tts-voice.js';
import { AgentCatalog } from './agent-catalog.js';

@Injectable()
@Step({ name: 'agents', after: ['services'], timeoutMs: 15_000 })
export class AgentsStep implements LifecycleStep {
  constructor(
    private readonly catalog: AgentCatalog,
    private readonly config: AgentsConfig,
    private readonly tts: TtsDriver,
  ) {}

  start(): Promise<StepReport> {
    this.catalog.load(this.tts.voices);
    const agents = this.catalog.agents().map((agent) => agent.name);
    return Promise.resolve({
      summary: `${agents.join(', ')}; scenario ${this.config.scenario}, starts with ${this.catalog.scenario(this.config.scenario).start}`,
    });
  }
}
