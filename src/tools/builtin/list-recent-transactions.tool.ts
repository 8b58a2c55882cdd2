import { Injectable } from '@nestjs/common';
import { z } from 'zod';
import { CALLER_FACTS, verifiedCaller } from '../banking/caller.js';
import { SampleBank } from '../banking/sample-bank.js';
import type { Tool, ToolContext, ToolOutcome } from '../tool.js';

const parameters = z.strictObject({
  limit: z.int().min(1).max(10).default(3).describe('How many, the newest first.'),
});

@Injectable()
export class ListRecentTransactionsTool implements Tool<z.output<typeof parameters>> {
  readonly name = 'list_recent_transactions';
  readonly description =
    'The latest transactions on the accounts of the verified caller; money that went out is negative.';
  readonly parameters = parameters;
  readonly timeoutMs = 5000;
  readonly interruptible = true;
  readonly needs = CALLER_FACTS;

  constructor(private readonly bank: SampleBank) {}

  async run(args: z.output<typeof parameters>, context: ToolContext): Promise<ToolOutcome> {
    const { customer_id: customerId } = verifiedCaller(context);
    return { result: { transactions: this.bank.transactions(customerId, args.limit) } };
  }
}
