import { z } from 'zod';

/** Times in seconds of audio since the connection was opened. */
const results = z.object({
  type: z.literal('Results'),
  start: z.number(),
  duration: z.number(),
  is_final: z.boolean(),
  from_finalize: z.boolean().optional(),
  channel: z.object({
    alternatives: z
      .array(
        z.object({
          transcript: z.string(),
          confidence: z.number(),
          words: z.array(
            z.object({
              word: z.string(),
              start: z.number(),
              end: z.number(),
              confidence: z.number(),
              // Only with `diarize`.
              speaker: z.number().int().min(0).optional(),
            }),
          ),
        }),
      )
      .min(1),
  }),
});

const failure = z.object({ type: z.literal('Error') });
/** `Metadata`, `UtteranceEnd`, `SpeechStarted`, and what is still to be invented. */
const other = z.object({ type: z.string() });

const message = z.union([results, failure, other]);

export type DeepgramResults = z.output<typeof results>;

/** Undefined for messages that say nothing about words. @throws ParleyError-free Error when it is none of the service's. */
export function parseMessage(text: string): DeepgramResults | undefined {
  const parsed = message.parse(JSON.parse(text));
  if (parsed.type === 'Error') throw new Error('the service reports an error');
  if (parsed.type === 'Results') return results.parse(parsed);
  return undefined;
}
