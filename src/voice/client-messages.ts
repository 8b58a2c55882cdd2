import { z } from 'zod';
import { messageReader } from './message-reader.js';

const MAX_TEXT = 4000;
const MAX_PLAYED_MS = 86_400_000;

const textAllowed = `allowed is a text of 1 to ${MAX_TEXT} characters`;
const digitAllowed = 'allowed are 0-9 * # A-D, one at a time';
const idAllowed = 'allowed is a text of up to 64 characters';
const playedAllowed = `allowed is a number from 0 to ${MAX_PLAYED_MS}`;

/** Every JSON message of the client in `WS /api/v1/voice/ws`. */
export const clientMessageSchema = z.discriminatedUnion('type', [
  z.object({
    type: z.literal('user_message'),
    text: z.string(textAllowed).trim().min(1, textAllowed).max(MAX_TEXT, textAllowed),
  }),
  z.object({ type: z.literal('interrupt') }),
  z.object({ type: z.literal('dtmf'), digit: z.string(digitAllowed).regex(/^[0-9*#A-D]$/, digitAllowed) }),
  z.object({
    type: z.literal('playback'),
    generation_id: z.string(idAllowed).max(64, idAllowed),
    played_ms: z.number(playedAllowed).min(0, playedAllowed).max(MAX_PLAYED_MS, playedAllowed),
  }),
  z.object({ type: z.literal('pause') }),
  z.object({ type: z.literal('resume') }),
  z.object({ type: z.literal('ping') }),
  z.object({ type: z.literal('end') }),
]);

/** The message, or what is wrong with it, without repeating what it said. */
export const parseClientMessage = messageReader(clientMessageSchema);
