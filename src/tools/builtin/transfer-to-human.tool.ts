import { Injectable } from '@nestjs/common';
import { z } from 'zod';
import type { Tool, ToolOutcome } from '../tool.js';

const parameters = z.strictObject({
  target: z.string().min(1).max(100).default('customer_service').describe('The team, queue or number to transfer to.'),
  reason: z.string().min(1).max(200).describe('Why, in a few words; the person who answers reads it.'),
});

@Injectable()
export class TransferToHumanTool implements Tool<z.output<typeof parameters>> {
  readonly name = 'transfer_to_human';
  readonly description = 'Transfers the call to a person. Tell the caller before you do it.';
  readonly parameters = parameters;
  readonly timeoutMs = 5000;
  readonly interruptible = false;

  async run(args: z.output<typeof parameters>): Promise<ToolOutcome> {
    const { target, reason } = args;
    return { result: { transferring_to: target }, effect: { type: 'transfer', target, reason } };
  }
}
