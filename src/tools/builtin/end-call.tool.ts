import { Injectable } from '@nestjs/common';
import { z } from 'zod';
import type { Tool, ToolOutcome } from '../tool.js';

const parameters = z.strictObject({
  reason: z.string().min(1).max(200).default('done').describe('Why the call ends.'),
});

@Injectable()
export class EndCallTool implements Tool<z.output<typeof parameters>> {
  readonly name = 'end_call';
  readonly description = 'Ends the call once your last words have been spoken. Say goodbye first.';
  readonly parameters = parameters;
  readonly timeoutMs = 1000;
  readonly interruptible = true;

  async run(args: z.output<typeof parameters>): Promise<ToolOutcome> {
    const { reason } = args;
    return { result: { ending: true }, effect: { type: 'end', reason } };
  }
}
