import { Injectable } from '@nestjs/common';
import { z } from 'zod';
import { CALLER_FACTS, verifiedCaller } from '../banking/caller.js';
import { SampleBank } from '../banking/sample-bank.js';
import type { Tool, ToolContext, ToolOutcome } from '../tool.js';

const parameters = z.strictObject({});

@Injectable()
export class GetBalanceTool implements Tool<z.output<typeof parameters>> {
  readonly name = 'get_balance';
  readonly description = "The balances of the verified caller's accounts, in dollars.";
  readonly parameters = parameters;
  readonly timeoutMs = 5000;
  readonly interruptible = true;
  readonly needs = CALLER_FACTS;

  constructor(private readonly bank: SampleBank) {}

  async run(_args: z.output<typeof parameters>, context: ToolContext): Promise<ToolOutcome> {
    return { result: { accounts: this.bank.accounts(verifiedCaller(context).customer_id) } };
  }
}
