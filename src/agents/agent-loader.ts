import type { Agent, Scenario } from './agent.js';

export interface LoadOptions {
  readonly directory: string;
  /** Must exist. */
  readonly defaultScenario?: string;
  /** Tool names with the names of their parameters. */
  readonly tools: ReadonlyMap<string, readonly string[]>;
  /** Without it, voice names are not checked. */
  readonly voices?: readonly string[];
}

export interface LoadedAgents {
  readonly agents: readonly Agent[];
  readonly scenarios: readonly Scenario[];
}

export function loadAgents(_options: LoadOptions): LoadedAgents {
  return { agents: [], scenarios: [] };
}
