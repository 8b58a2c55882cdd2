import { z } from 'zod';
import type { AudioEncoding } from '../audio/codec.js';
import type { Listened } from '../services/conversations/conversation-record.js';

const sampleRates = [8000, 16_000, 24_000, 48_000] as const;
const encodings = ['pcm16', 'mulaw', 'alaw'] as const satisfies readonly AudioEncoding[];
const channels = [1, 2] as const;
const consents = ['granted', 'denied', 'unknown'] as const;

/** Nobody is silent for longer and still on the telephone. */
export const LONGEST_SILENCE_MS = 14_400_000;
const UNTIL_HANG_UP = -1;

export interface ListenParameters {
  /** BCP 47. */
  readonly language: string;
  /** Hz. */
  readonly sampleRate: number;
  readonly encoding: AudioEncoding;
  readonly channels: 1 | 2;
  /** Silence after which a conversation is over, ms. */
  readonly timeoutMs: number;
  /** What the client says of where the audio comes from. */
  readonly source: string | null;
  /** To go on with. */
  readonly conversationId: string | undefined;
  readonly consent: Listened['consent'];
}

const oneOf = (values: readonly number[]) =>
  z.enum(values.map(String) as [string, ...string[]], { error: `allowed are ${values.join(', ')}` }).transform(Number);

type QuerySchema = ReturnType<typeof querySchema>;

/** By `leastSilenceMs`, of which a process has one: making a schema takes a thousand times as long as using it. */
const schemas = new Map<number, QuerySchema>();

function schemaFor(leastSilenceMs: number): QuerySchema {
  const schema = schemas.get(leastSilenceMs) ?? querySchema(leastSilenceMs);
  schemas.set(leastSilenceMs, schema);
  return schema;
}

/** The query of `WS /api/v1/listen/ws`. */
function querySchema(leastSilenceMs: number) {
  const silence = `allowed are ${leastSilenceMs / 1000} to ${LONGEST_SILENCE_MS / 1000} seconds, or ${UNTIL_HANG_UP}: until hang-up`;
  return z.strictObject({
    language: z
      .string()
      .regex(/^[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8})*$/, 'allowed is a BCP 47 tag such as en-US')
      .default('en'),
    sample_rate: oneOf(sampleRates).default(16_000),
    encoding: z.enum(encodings, { error: `allowed are ${encodings.join(', ')}` }).default('pcm16'),
    channels: oneOf(channels).default(1),
    conversation_timeout: z
      .string()
      .regex(/^-?\d{1,6}(\.\d{1,3})?$/, silence)
      .transform((given) => Number(given) * 1000)
      .refine((givenMs) => givenMs === UNTIL_HANG_UP * 1000 || isWithin(givenMs, leastSilenceMs), silence)
      .optional(),
    source: z
      .string()
      .regex(/^[^\p{Cc}]{1,64}$/u, 'allowed is a text of 1 to 64 characters')
      .optional(),
    conversation_id: z.uuid('allowed is the UUID of a conversation').optional(),
    consent: z.enum(consents, { error: `allowed are ${consents.join(', ')}` }).default('unknown'),
    token: z.string().optional(),
  });
}

/** The parameters, or a sentence that names the bad one and what is allowed. @param leastSilenceMs for `conversation_timeout`, and its default */
export function parseListenParameters(search: URLSearchParams, leastSilenceMs: number): ListenParameters | string {
  for (const key of search.keys()) {
    if (search.getAll(key).length > 1) return `Parameter "${key}" is given more than once`;
  }
  const query = schemaFor(leastSilenceMs);
  const parsed = query.safeParse(Object.fromEntries(search));
  if (!parsed.success) {
    return parsed.error.issues
      .map((issue) =>
        issue.code === 'unrecognized_keys'
          ? `Unknown parameter ${issue.keys.map((key) => `"${key}"`).join(', ')}; allowed are ${Object.keys(query.shape).join(', ')}`
          : `Parameter "${issue.path.join('.')}": ${issue.message}`,
      )
      .join('. ');
  }
  const { language, sample_rate, encoding, conversation_timeout, source, conversation_id, consent } = parsed.data;
  const legs = parsed.data.channels === 2 ? 2 : 1;
  // A call with a line of its own for either side has an end: hang-up.
  const usualMs = legs === 2 ? LONGEST_SILENCE_MS : leastSilenceMs;
  const isOpenEnded = conversation_timeout !== undefined && conversation_timeout < 0;
  return {
    language,
    sampleRate: sample_rate,
    encoding,
    channels: legs,
    timeoutMs: isOpenEnded ? LONGEST_SILENCE_MS : (conversation_timeout ?? usualMs),
    source: source ?? null,
    conversationId: conversation_id?.toLowerCase(),
    consent,
  };
}

function isWithin(givenMs: number, leastMs: number): boolean {
  return givenMs >= leastMs && givenMs <= LONGEST_SILENCE_MS;
}
