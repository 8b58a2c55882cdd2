import { Injectable } from '@nestjs/common';
import type { IncomingMessage } from 'node:http';
import { TrustedProxies } from '../auth/trusted-proxies.js';
import { ServerConfig } from '../config/server.config.js';

/** Under which address the outside knows this server: what Twilio signs, and where it is told to connect. */
@Injectable()
export class PublicAddress {
  private readonly proxies: TrustedProxies;

  constructor(private readonly config: ServerConfig) {
    this.proxies = new TrustedProxies(config.trustProxy);
  }

  /** `https://voice.example.com/path?query`. @param target path and query, as they stand in the request. */
  http(request: IncomingMessage, target: string): string {
    return `${this.origin(request)}${target}`;
  }

  /** The same with `wss://` (or `ws://`). */
  webSocket(request: IncomingMessage, target: string): string {
    return this.http(request, target).replace(/^http/i, 'ws');
  }

  private origin(request: IncomingMessage): string {
    if (this.config.publicUrl) return this.config.publicUrl.replace(/\/+$/, '');
    const { headers, socket } = request;
    const forwarded = this.proxies.sent(request);
    const scheme = (forwarded && first(headers['x-forwarded-proto'])) || ('encrypted' in socket ? 'https' : 'http');
    const host = (forwarded && first(headers['x-forwarded-host'])) || (headers.host ?? 'localhost');
    return `${scheme}://${host}`;
  }
}

/**
 * Proxies set these headers; the few that append put the client's side first. A client that forges them changes only
 * what its own request must be signed for, so the first is safe here, unlike in `X-Forwarded-For`.
 */
function first(header: string | string[] | undefined): string {
  return (Array.isArray(header) ? header[0] : header?.split(',')[0])?.trim() ?? '';
}
