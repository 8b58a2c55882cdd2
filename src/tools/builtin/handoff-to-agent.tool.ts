import { Injectable } from '@nestjs/common';
import { z } from 'zod';
import type { Tool, ToolContext, ToolOutcome } from '../tool.js';

const target = z.string().describe('The agent to hand over to.');
const reason = z.string().min(1).max(200).describe('Why, in a few words; the next agent reads it.');
const parameters = z.strictObject({ target, reason });

@Injectable()
export class HandoffToAgentTool implements Tool<z.output<typeof parameters>> {
  readonly name = 'handoff_to_agent';
  readonly description = 'Hands the conversation over to another agent, who goes on with it at once.';
  readonly parameters = parameters;
  readonly timeoutMs = 1000;
  readonly interruptible = true;

  /** One tool for all handoffs: the model sees only the agents that may be reached from here. */
  parametersIn({ handoffTargets }: ToolContext): z.ZodType<z.output<typeof parameters>> | undefined {
    const [first, ...others] = handoffTargets;
    if (first === undefined) return undefined;
    return z.strictObject({ target: z.enum([first, ...others]).describe('The agent to hand over to.'), reason });
  }

  async run(args: z.output<typeof parameters>): Promise<ToolOutcome> {
    const { target, reason } = args;
    return { result: { handed_over_to: target, reason }, effect: { type: 'handoff', target, reason } };
  }
}
