import { Injectable } from '@nestjs/common';
import { z } from 'zod';
import type { Tool, ToolContext, ToolOutcome } from '../tool.js';

const USUAL_TARGET = 'customer_service';

const target = z.string().min(1).max(100).default(USUAL_TARGET).describe('The team to transfer to.');
const reason = z.string().min(1).max(200).describe('Why, in a few words; the person who answers reads it.');
const parameters = z.strictObject({ target, reason });

@Injectable()
export class TransferToHumanTool implements Tool<z.output<typeof parameters>> {
  readonly name = 'transfer_to_human';
  readonly description = 'Transfers the call to a person. Tell the caller before you do it.';
  readonly parameters = parameters;
  readonly timeoutMs = 5000;
  readonly interruptible = false;

  /** Only to where the agent's files say: a number that a caller has said, or a model made up, is none. */
  parametersIn({ allowed }: ToolContext): z.ZodType<z.output<typeof parameters>> | undefined {
    const [first, ...others] = allowed.transferTargets;
    if (first === undefined) return undefined;
    const usual = allowed.transferTargets.includes(USUAL_TARGET) ? USUAL_TARGET : first;
    const known = z
      .enum([first, ...others])
      .default(usual)
      .describe('The team to transfer to.');
    return z.strictObject({ target: known, reason });
  }

  async run(args: z.output<typeof parameters>): Promise<ToolOutcome> {
    const { target, reason } = args;
    return { result: { transferring_to: target }, effect: { type: 'transfer', target, reason } };
  }
}
