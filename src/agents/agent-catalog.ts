import { Injectable } from '@nestjs/common';
import path from 'node:path';
import { AgentsConfig } from '../config/agents.config.js';
import { packageRoot } from '../config/package-root.js';
import { ToolRegistry } from '../tools/tool-registry.js';
import type { Agent, Handoff, Scenario } from './agent.js';
import { type LoadedAgents, type LoadOptions, loadAgents, loadAgentsBetweenCalls } from './agent-loader.js';
import { AgentSet } from './agent-set.js';
import type { SpeechAbilities } from './speech-abilities.js';

/** The agents and scenarios of the process, read from files by the start-up step `agents`, and again when an operator wants it. */
@Injectable()
export class AgentCatalog {
  private loaded = new AgentSet([], [], '');

  constructor(
    private readonly config: AgentsConfig,
    private readonly tools: ToolRegistry,
  ) {}

  /**
   * All or nothing: throws `config_invalid` with every fault of every file, and leaves what there was. Without `speech`,
   * voices and languages are not checked.
   */
  load(speech?: SpeechAbilities): void {
    this.take(loadAgents(this.optionsWith(speech)));
  }

  /** The same without keeping calls waiting; until it resolves there is what there was. */
  async reload(speech: SpeechAbilities): Promise<void> {
    this.take(await loadAgentsBetweenCalls(this.optionsWith(speech)));
  }

  /** Those of calls that begin now. */
  get current(): AgentSet {
    return this.loaded;
  }

  /** Of the files that it was read from: the same on every replica that has read the same. Empty before the start. */
  get version(): string {
    return this.loaded.version;
  }

  agents(): Agent[] {
    return this.loaded.agents();
  }

  /** Throws `not_found`. */
  agent(name: string): Agent {
    return this.loaded.agent(name);
  }

  scenarios(): Scenario[] {
    return this.loaded.scenarios();
  }

  /** Throws `not_found`. */
  scenario(name: string): Scenario {
    return this.loaded.scenario(name);
  }

  /** Where `agent` may hand over to in this scenario. */
  handoffsFrom(scenario: Scenario, agent: string): Handoff[] {
    return scenario.handoffs.filter((handoff) => handoff.from === agent);
  }

  private optionsWith(speech: SpeechAbilities | undefined): LoadOptions {
    return {
      directory: path.resolve(packageRoot, this.config.directory),
      defaultScenario: this.config.scenario,
      tools: this.tools.known(),
      ...speech,
    };
  }

  private take({ agents, scenarios, version }: LoadedAgents): void {
    this.loaded = new AgentSet(agents, scenarios, version);
  }
}
