import { Injectable } from '@nestjs/common';
import { z } from 'zod';
import { ParleyError } from '../../kernel/errors.js';
import { setCaller } from '../banking/caller.js';
import { FailedVerifications } from '../banking/failed-verifications.js';
import { SampleBank } from '../banking/sample-bank.js';
import type { Tool, ToolContext, ToolOutcome } from '../tool.js';

const digits = (length: number) => z.string().regex(new RegExp(`^\\d{${length}}$`), `must be ${length} digits`);

const parameters = z.strictObject({
  customer_number: digits(6).optional().describe('The six-digit customer number.'),
  card_last4: digits(4)
    .optional()
    .describe("The last four digits of one of the caller's cards, if there is no customer number."),
  pin: digits(4).optional().describe('The four-digit telephone PIN.'),
  date_of_birth: digits(8).optional().describe('Month, day and year as eight digits (MMDDYYYY), if there is no PIN.'),
});

const MOST_ATTEMPTS = 3;
const FAILURES = 'verification_attempts';

@Injectable()
export class VerifyCallerTool implements Tool<z.output<typeof parameters>> {
  readonly name = 'verify_caller';
  readonly description =
    'Checks who is calling: needs a customer number or the last four digits of a card, and the telephone PIN or the date of birth.';
  readonly parameters = parameters;
  readonly timeoutMs = 5000;
  readonly interruptible = true;

  constructor(
    private readonly bank: SampleBank,
    private readonly failures: FailedVerifications,
  ) {}

  async run(args: z.output<typeof parameters>, context: ToolContext): Promise<ToolOutcome> {
    const { customer_number: customerNumber, card_last4: cardLast4, pin, date_of_birth: birthDate } = args;
    if (customerNumber === undefined && cardLast4 === undefined)
      throw new ParleyError('tool_failed', 'Ask for the customer number or the last four digits of a card first.');
    if (pin === undefined && birthDate === undefined)
      throw new ParleyError('tool_failed', 'Ask for the telephone PIN or the date of birth first.');

    const made = failuresOf(context);
    if (made >= MOST_ATTEMPTS) return refused(0);
    // Before anything is waited for: a model may try many at a time.
    context.variables[FAILURES] = made + 1;
    const customer = this.bank.findCustomer({ customerNumber, cardLast4 });
    const target = customer?.id ?? `${customerNumber ?? ''}/${cardLast4 ?? ''}`;
    if (!(await this.failures.begin(target))) return refused(0);
    // Whether the card or the PIN was wrong is nobody's business who does not know both.
    if (!customer || !this.bank.secretMatches(customer.id, { pin, birthDate }))
      return refused(MOST_ATTEMPTS - made - 1);
    await this.failures.succeeded(target);
    // Failures with others stay: whoever has an account could go on guessing between two visits to it.
    context.variables[FAILURES] = failuresOf(context) - 1;
    const card = cardLast4 ?? this.bank.cards(customer.id)[0]?.last4 ?? '';
    const { id, firstName, lastName } = customer;
    setCaller(context, { customer_id: id, first_name: firstName, name: `${firstName} ${lastName}`, card_last4: card });
    return { result: { verified: true, first_name: firstName } };
  }
}

function failuresOf({ variables }: ToolContext): number {
  return Number(variables[FAILURES] ?? 0);
}

function refused(attempts_left: number): ToolOutcome {
  return { result: { verified: false, attempts_left } };
}
