import { Injectable } from '@nestjs/common';
import path from 'node:path';
import { AgentsConfig } from '../config/agents.config.js';
import { packageRoot } from '../config/package-root.js';
import { ParleyError } from '../kernel/errors.js';
import { ToolRegistry } from '../tools/tool-registry.js';
import type { Agent, Handoff, Scenario } from './agent.js';
import { loadAgents } from './agent-loader.js';
import type { SpeechAbilities } from './speech-abilities.js';

/** The agents and scenarios of the process, read from files by the start-up step `agents`. */
@Injectable()
export class AgentCatalog {
  private byAgentName: ReadonlyMap<string, Agent> = new Map();
  private byScenarioName: ReadonlyMap<string, Scenario> = new Map();

  constructor(
    private readonly config: AgentsConfig,
    private readonly tools: ToolRegistry,
  ) {}

  /** Throws `config_invalid` with every fault of every file. Without `speech`, voices and languages are not checked. */
  load(speech?: SpeechAbilities): void {
    const loaded = loadAgents({
      directory: path.resolve(packageRoot, this.config.directory),
      defaultScenario: this.config.scenario,
      tools: this.tools.known(),
      ...speech,
    });
    this.byAgentName = new Map(loaded.agents.map((agent) => [agent.name, agent]));
    this.byScenarioName = new Map(loaded.scenarios.map((scenario) => [scenario.name, scenario]));
  }

  agents(): Agent[] {
    return [...this.byAgentName.values()];
  }

  /** Throws `not_found`. */
  agent(name: string): Agent {
    return found(this.byAgentName, 'agent', name);
  }

  scenarios(): Scenario[] {
    return [...this.byScenarioName.values()];
  }

  /** Throws `not_found`. */
  scenario(name: string): Scenario {
    return found(this.byScenarioName, 'scenario', name);
  }

  /** Where `agent` may hand over to in this scenario. */
  handoffsFrom(scenario: Scenario, agent: string): Handoff[] {
    return scenario.handoffs.filter((handoff) => handoff.from === agent);
  }
}

function found<T>(map: ReadonlyMap<string, T>, what: string, name: string): T {
  const item = map.get(name);
  if (!item)
    throw new ParleyError(
      'not_found',
      `There is no ${what} "${name}" (there are: ${[...map.keys()].join(', ') || 'none'})`,
    );
  return item;
}
