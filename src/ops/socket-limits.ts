import type { NestExpressApplication } from '@nestjs/platform-express';
import type { Server } from 'node:http';
import { ServerConfig } from '../config/server.config.js';
import { VoiceConfig } from '../config/voice.config.js';

/** Besides calls and those who wait: requests, pages, probes, links to a pusher. */
const ROOM = 2000;
const CHECK_EVERY_MS = 1000;

/** How many connections there may be at a time, and how slow a request. To be called before the server listens. */
export function limitSockets(app: NestExpressApplication): void {
  const { maxSockets, headersTimeoutMs, requestTimeoutMs } = app.get(ServerConfig);
  const { maxConnections, sessionQueue } = app.get(VoiceConfig);
  const http = app.getHttpServer() as Server & { connectionsCheckingInterval?: number };
  http.maxConnections = maxSockets || maxConnections + sessionQueue + ROOM;
  http.headersTimeout = headersTimeoutMs;
  http.requestTimeout = Math.max(requestTimeoutMs, headersTimeoutMs);
  // Node looks every half a minute, and takes this only as an option of a server that Nest makes for us.
  http.connectionsCheckingInterval = Math.min(CHECK_EVERY_MS, headersTimeoutMs);
}
