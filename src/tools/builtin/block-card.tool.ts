import { Injectable } from '@nestjs/common';
import { z } from 'zod';
import { CALLER_FACTS, verifiedCaller } from '../banking/caller.js';
import { SampleBank } from '../banking/sample-bank.js';
import type { Tool, ToolContext, ToolOutcome } from '../tool.js';

const parameters = z.strictObject({
  card_last4: z
    .string()
    .regex(/^\d{4}$/, 'must be 4 digits')
    .describe('The last four digits of the card.'),
  reason: z.enum(['stolen', 'lost', 'suspicious', 'other']).default('other'),
});

@Injectable()
export class BlockCardTool implements Tool<z.output<typeof parameters>> {
  readonly name = 'block_card';
  readonly description = "Blocks one of the verified caller's cards for good. Ask for a clear yes before you do it.";
  readonly parameters = parameters;
  readonly timeoutMs = 8000;
  /** A caller who speaks up must not leave a stolen card half blocked. */
  readonly interruptible = false;
  readonly needs = CALLER_FACTS;
  readonly irreversible = true;

  constructor(private readonly bank: SampleBank) {}

  async run(args: z.output<typeof parameters>, context: ToolContext): Promise<ToolOutcome> {
    const { customer_id: customerId } = verifiedCaller(context);
    const card = this.bank.cards(customerId).find(({ last4 }) => last4 === args.card_last4);
    if (!card) return { result: { blocked: false, problem: 'no_such_card' } };
    this.bank.blockCard(customerId, card.last4, args.reason);
    return { result: { blocked: true, already_blocked: card.blocked, card_last4: card.last4, card_kind: card.kind } };
  }
}
