import { describe, expect, it } from '@jest/globals';
import type { HttpAdapterHost } from '@nestjs/core';
import { PusherConfig } from '../../config/pusher.config.js';
import { PusherAddress } from './pusher-address.js';

const options = {
  sessionId: 'a session',
  tenant: 'acme',
  sampleRate: 16_000,
  channels: 2,
  listener: { onResult: () => undefined, onState: () => undefined, onAudioLost: () => undefined },
} as const;
const QUERY = '?session=a+session&tenant=acme&sample_rate=16000&channels=2';

function urlFor(url: string, bound: unknown): string | undefined {
  const host = { httpAdapter: { getHttpServer: () => ({ address: () => bound }) } } as unknown as HttpAdapterHost;
  return new PusherAddress(Object.assign(new PusherConfig(), { url }), host).urlFor(options)?.href;
}

describe('where the pusher is', () => {
  it.each([
    ['127.0.0.1', 'ws://127.0.0.1:8000'],
    ['0.0.0.0', 'ws://127.0.0.1:8000'],
    ['::', 'ws://127.0.0.1:8000'],
    ['::1', 'ws://[::1]:8000'],
    ['10.1.2.3', 'ws://10.1.2.3:8000'],
  ])('is this process, when it listens on %s', (address, origin) => {
    expect(urlFor('', { address, port: 8000 })).toBe(`${origin}/api/v1/pusher/ws${QUERY}`);
  });

  it('is not known as long as this process does not listen on a port', () => {
    expect(urlFor('', null)).toBeUndefined();
    expect(urlFor('', '/run/parley.sock')).toBeUndefined();
  });

  it('is what is configured', () => {
    expect(urlFor('wss://pusher.example.com', null)).toBe(`wss://pusher.example.com/api/v1/pusher/ws${QUERY}`);
  });
});
