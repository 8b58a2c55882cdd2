import { z } from 'zod';
import { ParleyError } from '../../kernel/errors.js';
import type { ToolContext } from '../tool.js';

const callerSchema = z.object({
  customer_id: z.string(),
  first_name: z.string(),
  name: z.string(),
  card_last4: z.string(),
});

/** What tools on accounts need; `verify_caller` finds it out. */
export const CALLER_FACTS = ['caller.customer_id'] as const;

/** The verified caller, as tools and templates see it in the session's variables. */
export type Caller = z.output<typeof callerSchema>;

export function setCaller(context: ToolContext, caller: Caller): void {
  context.variables['caller'] = caller;
}

/** Throws with a sentence for the model when nobody has been verified yet. */
export function verifiedCaller(context: ToolContext): Caller {
  const caller = callerSchema.safeParse(context.variables['caller']);
  if (!caller.success)
    throw new ParleyError('tool_failed', 'The caller is not verified. Verify the caller first with verify_caller.');
  return caller.data;
}
