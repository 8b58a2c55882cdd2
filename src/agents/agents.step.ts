import { Injectable } from '@nestjs/common';
import { AgentsConfig } from '../config/agents.config.js';
import { Readiness, type ReadinessCheck } from '../lifecycle/readiness-check.js';
import { type LifecycleStep, Step, type StepReport } from '../lifecycle/step.js';
import { SttDrivers, TtsDrivers } from '../speech/speech-drivers.js';
import { AgentCatalog } from './agent-catalog.js';
import { speechAbilities } from './speech-abilities.js';

@Injectable()
@Step({ name: 'agents', after: ['services'], timeoutMs: 15_000 })
export class AgentsStep implements LifecycleStep {
  constructor(
    private readonly catalog: AgentCatalog,
    private readonly config: AgentsConfig,
    private readonly stt: SttDrivers,
    private readonly tts: TtsDrivers,
  ) {}

  start(): Promise<StepReport> {
    this.catalog.load(speechAbilities(this.stt, this.tts));
    const agents = this.catalog.agents().map((agent) => agent.name);
    return Promise.resolve({
      summary: `${agents.join(', ')}; scenario ${this.config.scenario}, starts with ${this.catalog.scenario(this.config.scenario).start}; version ${this.catalog.version}`,
    });
  }
}

/** Down without an agent or without the default scenario: then no call can begin. */
@Injectable()
@Readiness({ name: 'agents', critical: true, timeoutMs: 1000, cacheMs: 1000 })
export class AgentsReadiness implements ReadinessCheck {
  constructor(
    private readonly catalog: AgentCatalog,
    private readonly config: AgentsConfig,
  ) {}

  check(): Record<string, unknown> {
    const agents = this.catalog.agents().length;
    if (agents === 0) throw new Error('no agent is loaded');
    this.catalog.scenario(this.config.scenario);
    return { agents, scenarios: this.catalog.scenarios().length, version: this.catalog.version };
  }
}
