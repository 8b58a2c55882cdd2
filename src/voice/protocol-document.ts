import { z } from 'zod';
import { serverMessageSchema } from '../conversation/session-events.js';
import { CloseCode } from '../kernel/close-codes.js';
import { clientMessageSchema } from './client-messages.js';

/** `GET /api/v1/protocol.json`: the JSON Schema of every message of the native protocol. */
export const protocolDocument = {
  protocol: 1,
  path: '/api/v1/voice/ws',
  client: z.toJSONSchema(clientMessageSchema, { io: 'input' }),
  server: z.toJSONSchema(serverMessageSchema),
  close_codes: CloseCode,
};
