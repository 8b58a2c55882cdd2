import { z } from 'zod';
import type { Tool, ToolOutcome } from '../../tools/tool.js';

type Run = (args: Readonly<Record<string, unknown>>, signal: AbortSignal) => Promise<ToolOutcome>;

/** A tool that takes anything and does what it is given. */
export function testTool(
  name: string,
  run: Run,
  options: Partial<Pick<Tool, 'timeoutMs' | 'interruptible'>> = {},
): Tool {
  return {
    name,
    description: `Runs ${name}`,
    parameters: z.looseObject({}),
    timeoutMs: 5000,
    interruptible: true,
    ...options,
    run: (args, _, signal) => run(args as Record<string, unknown>, signal),
  };
}
