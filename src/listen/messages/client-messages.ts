import { z } from 'zod';
import { messageReader } from '../../voice/message-reader.js';

const MAX_IDS = 200;

const idAllowed = 'allowed is a text of 1 to 128 characters';
const idsAllowed = `allowed are up to ${MAX_IDS} ids of segments`;
const nameAllowed = 'allowed is a text of 1 to 200 characters';
const speakerAllowed = 'allowed is a `speaker_id` of a segment';

/** Every JSON message of the client in `WS /api/v1/listen/ws`. */
export const clientMessageSchema = z.discriminatedUnion('type', [
  z.object({
    type: z.literal('speaker_assigned'),
    segment_ids: z.array(z.string(idsAllowed).max(128, idsAllowed), idsAllowed).max(MAX_IDS, idsAllowed),
    speaker_id: z.number(speakerAllowed).int(speakerAllowed).min(0, speakerAllowed).max(1_000_000, speakerAllowed),
    person_id: z.string(idAllowed).trim().min(1, idAllowed).max(128, idAllowed),
    person_name: z.string(nameAllowed).trim().min(1, nameAllowed).max(200, nameAllowed),
  }),
  z.object({ type: z.literal('pause') }),
  z.object({ type: z.literal('resume') }),
  z.object({ type: z.literal('ping') }),
  z.object({ type: z.literal('end') }),
]);

export type ClientMessage = z.output<typeof clientMessageSchema>;
export type SpeakerAssigned = Extract<ClientMessage, { type: 'speaker_assigned' }>;

/** The message, or what is wrong with it, without repeating what it said. */
export const parseClientMessage = messageReader(clientMessageSchema);
