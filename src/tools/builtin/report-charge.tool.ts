import { Injectable } from '@nestjs/common';
import { z } from 'zod';
import { ParleyError } from '../../kernel/errors.js';
import { CALLER_FACTS, verifiedCaller } from '../banking/caller.js';
import { SampleBank } from '../banking/sample-bank.js';
import type { Tool, ToolContext, ToolOutcome } from '../tool.js';

const parameters = z.strictObject({
  amount: z.number().positive().optional().describe('The amount of the charge, in dollars.'),
  transaction_id: z.string().optional().describe('From list_recent_transactions, where the charge is known.'),
});

const SEARCHED = 50;

@Injectable()
export class ReportChargeTool implements Tool<z.output<typeof parameters>> {
  readonly name = 'report_charge';
  readonly description = 'Opens a dispute about a charge that the verified caller does not recognise.';
  readonly parameters = parameters;
  readonly timeoutMs = 8000;
  readonly interruptible = false;
  readonly needs = CALLER_FACTS;
  readonly irreversible = true;

  constructor(private readonly bank: SampleBank) {}

  async run(args: z.output<typeof parameters>, context: ToolContext): Promise<ToolOutcome> {
    const { customer_id: customerId } = verifiedCaller(context);
    const { amount, transaction_id: transactionId } = args;
    if (amount === undefined && transactionId === undefined)
      throw new ParleyError('tool_failed', 'Ask for the amount of the charge first.');
    const charge = this.bank
      .transactions(customerId, SEARCHED)
      .find(({ id, amount: value }) =>
        transactionId === undefined ? sameMoney(-value, amount) : id === transactionId,
      );
    if (!charge) return { result: { reported: false, problem: 'no_such_charge' } };
    const caseNumber = this.bank.reportCharge(customerId, { transactionId: charge.id, description: charge.merchant });
    return {
      result: {
        reported: true,
        case_number: caseNumber,
        merchant: charge.merchant,
        amount: -charge.amount,
        date: charge.date,
      },
    };
  }
}

function sameMoney(a: number, b: number | undefined): boolean {
  return b !== undefined && Math.round(a * 100) === Math.round(b * 100);
}
