import { Injectable } from '@nestjs/common';
import { AgentCatalog } from '../agents/agent-catalog.js';
import { AgentsConfig } from '../config/agents.config.js';

/** What a client may choose of its call; undefined is the server's default. */
export interface CallChoice {
  readonly scenario: string | undefined;
  readonly agent: string | undefined;
  /** BCP 47. */
  readonly language: string | undefined;
}

/** Checks a client's choice against the agents there are. */
@Injectable()
export class CallChoices {
  constructor(
    private readonly config: AgentsConfig,
    private readonly catalog: AgentCatalog,
  ) {}

  /** A sentence that names the parameter and what is allowed, if something is wrong. */
  problemWith(choice: CallChoice): string | undefined {
    return this.unknownName(choice) ?? this.otherLanguage(choice);
  }

  /** An agent speaks its own language; a client that asks for another one must hear that before the call. */
  private otherLanguage({ agent, scenario, language }: CallChoice): string | undefined {
    if (language === undefined) return undefined;
    const chosen = this.catalog.agent(agent ?? this.catalog.scenario(scenario ?? this.config.scenario).start);
    if (primaryOf(language) === primaryOf(chosen.language)) return undefined;
    return `Parameter "language": the agent "${chosen.name}" does not speak "${language}"; allowed is ${primaryOf(chosen.language)}, such as ${chosen.language}`;
  }

  private unknownName({ agent, scenario }: CallChoice): string | undefined {
    try {
      const chosen = this.catalog.scenario(scenario ?? this.config.scenario);
      if (agent !== undefined && !chosen.agents.includes(agent)) {
        return `Parameter "agent": the scenario "${chosen.name}" has no "${agent}"; allowed are ${chosen.agents.join(', ')}`;
      }
      return undefined;
    } catch {
      const names = this.catalog.scenarios().map((known) => known.name);
      return `Parameter "scenario": there is no "${scenario}"; allowed are ${names.join(', ')}`;
    }
  }
}

function primaryOf(language: string): string {
  return language.split('-')[0]!.toLowerCase();
}
