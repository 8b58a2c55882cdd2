import { z } from 'zod';

/** What the files under `agents/` are written with. Every sentence here ends up in docs/agents.md. */

export const name = z.string().regex(/^[a-z][a-z0-9_]*$/, 'must be a name in snake_case, such as card_services');
export const template = z.string();
export const texts = z
  .union([z.string().min(1), z.array(z.string().min(1)).min(1)], { error: 'must be a text or a list of texts' })
  .describe('One wording, or several that are used one after the other.');
export const condition = z
  .string()
  .min(1)
  .describe('A Liquid condition, such as `result.verified and slots.amount > 100`.');
export const phrases = z
  .array(z.string())
  .describe(
    'In lower case without punctuation; `{slot}` stands for a value, `[words]` may be left out. Numbers in words.',
  );
