import { isIPv6, type Server } from 'node:net';
import { Injectable } from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import { PusherConfig } from '../../config/pusher.config.js';
import type { LinkOptions } from './pusher-link.js';

export const PUSHER_PATH = '/api/v1/pusher/ws';

/** An address that stands for all of a machine is none to connect to. */
const LOOPBACK: Readonly<Record<string, string>> = { '0.0.0.0': '127.0.0.1', '::': '127.0.0.1' };

/** Where the pusher is: at PUSHER_URL, or here. */
@Injectable()
export class PusherAddress {
  constructor(
    private readonly config: PusherConfig,
    private readonly host: HttpAdapterHost,
  ) {}

  /** Undefined as long as this process does not listen. */
  urlFor({ sessionId, tenant, sampleRate, channels }: LinkOptions): URL | undefined {
    const origin = this.config.url || this.ownOrigin();
    if (!origin) return undefined;
    const url = new URL(PUSHER_PATH, origin);
    url.search = new URLSearchParams({
      session: sessionId,
      tenant,
      sample_rate: String(sampleRate),
      channels: String(channels),
    }).toString();
    return url;
  }

  private ownOrigin(): string | undefined {
    const server = this.host.httpAdapter.getHttpServer() as Server;
    // Until it listens it has none; a socket of the file system has a path.
    const bound = server.address();
    if (bound === null || typeof bound === 'string') return undefined;
    const address = LOOPBACK[bound.address] ?? bound.address;
    return `ws://${isIPv6(address) ? `[${address}]` : address}:${bound.port}`;
  }
}
