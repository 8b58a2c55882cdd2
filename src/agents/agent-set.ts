import { ParleyError } from '../kernel/errors.js';
import type { Agent, Scenario } from './agent.js';

/** Agents and scenarios that were read together. Never changes: a call keeps those that it began with. */
export class AgentSet {
  private readonly byAgentName: ReadonlyMap<string, Agent>;
  private readonly byScenarioName: ReadonlyMap<string, Scenario>;

  /** @param version a fingerprint of the files that they were read from */
  constructor(
    agents: readonly Agent[],
    scenarios: readonly Scenario[],
    readonly version: string,
  ) {
    this.byAgentName = new Map(agents.map((agent) => [agent.name, agent]));
    this.byScenarioName = new Map(scenarios.map((scenario) => [scenario.name, scenario]));
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
