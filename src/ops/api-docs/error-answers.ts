import { z } from 'zod';
import { codeOf } from '../error.filter.js';

/** What every error looks like. */
export const errorSchema = z.object({
  error: z.object({
    code: z.string().describe('For programs'),
    message: z.string().describe('For people'),
    retry_after_s: z.number().optional().describe('When to try again, where that is known'),
  }),
});

const unavailable = { code: 'state_unavailable', message: 'Not possible at the moment, please try again' };

export function errorExample(status: number, message: string): z.output<typeof errorSchema> {
  if (status === 503) return { error: unavailable };
  const error = { code: codeOf(status), message };
  return { error: status === 429 ? { ...error, retry_after_s: 7 } : error };
}
