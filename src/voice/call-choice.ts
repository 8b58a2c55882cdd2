import { Injectable } from '@nestjs/common';
import { z } from 'zod';
import { AgentCatalog } from '../agents/agent-catalog.js';
import { AgentsConfig } from '../config/agents.config.js';

/** What a client may choose of its call; undefined is the server's default. */
export interface CallChoice {
  readonly scenario: string | undefined;
  readonly agent: string | undefined;
  /** BCP 47. */
  readonly language: string | undefined;
}

const name = z.string().regex(/^[\w-]{1,64}$/, 'allowed are up to 64 letters, digits, "_" and "-"');

export const choiceFields = {
  agent: name.optional(),
  scenario: name.optional(),
  language: z
    .string()
    .regex(/^[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8})*$/, 'allowed is a BCP 47 tag such as en-US')
    .optional(),
};

const fields = z.object(choiceFields);

/** Checks a client's choice against the agents there are. */
@Injectable()
export class CallChoices {
  constructor(
    private readonly config: AgentsConfig,
    private readonly catalog: AgentCatalog,
  ) {}

  /**
   * The choice, or a sentence that names the bad parameter and what is allowed.
   * @param given what the client named; other names are none of ours, and an empty value chooses nothing.
   */
  read(given: Readonly<Record<string, unknown>>): CallChoice | string {
    const chosen = Object.fromEntries(Object.entries(given).filter(([, value]) => value !== ''));
    const parsed = fields.safeParse(chosen);
    if (!parsed.success)
      return parsed.error.issues.map((issue) => `Parameter "${issue.path.join('.')}": ${issue.message}`).join('. ');
    const { scenario, agent, language } = parsed.data;
    const choice = { scenario, agent, language };
    return this.problemWith(choice) ?? choice;
  }

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
