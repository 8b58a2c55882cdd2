import { z } from 'zod';

export const MAX_PHRASES = 500;
const MAX_LENGTH = 100;

/** Words and names that callers say and recognisers do not know. Blanks at the ends and doubles are left out. */
export const phraseList = z
  .array(
    z
      .string()
      .trim()
      .min(1)
      .max(MAX_LENGTH)
      // A line break or the like would be part of a request to a speech service.
      .regex(/^\P{Cc}*$/u, 'has a control character'),
  )
  .max(MAX_PHRASES)
  .transform((phrases) => [...new Set(phrases)]);

const stored = z.object({
  phrases: phraseList,
  /** Grows with each change, wherever it was made. */
  version: z.number(),
  /** Wall-clock ms since 1970. */
  writtenAt: z.number(),
});

/** The list of a tenant; an empty one was deleted. */
export type StoredPhrases = z.output<typeof stored>;

/** Undefined for rubbish. */
export function parsePhrases(text: string | undefined): StoredPhrases | undefined {
  try {
    return text === undefined ? undefined : stored.safeParse(JSON.parse(text)).data;
  } catch {
    return undefined;
  }
}
