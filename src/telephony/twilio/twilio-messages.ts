import { z } from 'zod';
import { decodeMuLaw } from '../../audio/g711.js';

/** Twilio's own are `MZ…`, `CA…`, `AC…` and 32 hexadecimal digits; they end up in our messages and in the log. */
const sid = z.string().regex(/^[\w-]{1,64}$/);
/** Twilio writes its numbers as strings; others who speak the protocol do not always. */
const count = z.union([
  z
    .string()
    .regex(/^\d{1,15}$/)
    .transform(Number),
  z.number().int().nonnegative(),
]);

const start = z.object({
  streamSid: sid,
  accountSid: sid.optional(),
  callSid: sid.optional(),
  tracks: z.array(z.string()).optional(),
  customParameters: z.record(z.string(), z.unknown()).optional(),
  mediaFormat: z.object({ encoding: z.string(), sampleRate: count, channels: count }),
});

/** Every message of Twilio in `WS /api/v1/twilio/media`. Fields that nobody here reads are not looked at. */
const message = z.discriminatedUnion('event', [
  z.object({ event: z.literal('connected') }),
  z.object({ event: z.literal('start'), start }),
  z.object({
    event: z.literal('media'),
    media: z.object({
      track: z.string().optional(),
      timestamp: count.optional(),
      payload: z.base64().transform((text) => decodeMuLaw(Buffer.from(text, 'base64'))),
    }),
  }),
  z.object({ event: z.literal('dtmf'), dtmf: z.object({ digit: z.string().regex(/^[0-9*#A-D]$/) }) }),
  z.object({ event: z.literal('mark'), mark: z.object({ name: z.string().max(256) }) }),
  z.object({ event: z.literal('stop') }),
]);

export type TwilioMessage = z.output<typeof message>;
export type TwilioStart = z.output<typeof start>;

const knownEvents = new Set<unknown>(message.options.map((option) => option.shape.event.value));

/** What cannot be understood; says what is wrong, and repeats nothing of it. */
interface Unreadable {
  readonly event: 'unreadable';
  /** Of the message that it would have been. */
  readonly of: string;
  readonly problem: string;
}

/** An event that Twilio has added since. */
interface UnknownEvent {
  readonly event: 'unknown';
  readonly name: string;
}

export function parseTwilioMessage(text: string): TwilioMessage | Unreadable | UnknownEvent {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    return { event: 'unreadable', of: '', problem: 'not JSON' };
  }
  const event = typeof json === 'object' && json !== null && 'event' in json ? json.event : undefined;
  if (typeof event !== 'string') return { event: 'unreadable', of: '', problem: 'no "event"' };
  if (!knownEvents.has(event)) return { event: 'unknown', name: event };
  const parsed = message.safeParse(json);
  if (parsed.success) return parsed.data;
  const fields = parsed.error.issues.map((issue) => issue.path.join('.'));
  return { event: 'unreadable', of: event, problem: `${event}: ${fields.join(', ')}` };
}
