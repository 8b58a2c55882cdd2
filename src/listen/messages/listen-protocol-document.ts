import { z } from 'zod';
import { CloseCode } from '../../kernel/close-codes.js';
import { clientMessageSchema } from './client-messages.js';
import { listenEventSchema, transcriptSchema } from './server-messages.js';

/** The part of `GET /api/v1/protocol.json` about live transcription. */
export const listenProtocolDocument = {
  path: '/api/v1/listen/ws',
  client: z.toJSONSchema(clientMessageSchema, { io: 'input' }),
  transcript: z.toJSONSchema(transcriptSchema),
  server: z.toJSONSchema(listenEventSchema),
  keepalive: 'ping',
  close_codes: CloseCode,
};
