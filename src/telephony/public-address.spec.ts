import { describe, expect, it } from '@jest/globals';
import type { IncomingMessage } from 'node:http';
import { ServerConfig } from '../config/server.config.js';
import { PublicAddress } from './public-address.js';

const target = '/api/v1/twilio/voice?scenario=banking';
const forwarded = { 'x-forwarded-proto': 'https, http', 'x-forwarded-host': 'voice.example.com, inner' };

const request = (headers: Record<string, string>, socket: object = {}): IncomingMessage =>
  ({ headers, socket }) as unknown as IncomingMessage;

const address = (publicUrl: string, trustProxy = false): PublicAddress =>
  new PublicAddress(Object.assign(new ServerConfig(), { publicUrl, trustProxy }));

describe('the address under which the outside knows the server', () => {
  it.each([
    ['https://voice.example.com', 'https://voice.example.com/api/v1/twilio/voice?scenario=banking'],
    ['https://voice.example.com/', 'https://voice.example.com/api/v1/twilio/voice?scenario=banking'],
    ['https://example.com:8443/voice', 'https://example.com:8443/voice/api/v1/twilio/voice?scenario=banking'],
  ])('is what PUBLIC_URL says: %s', (publicUrl, expected) => {
    expect(address(publicUrl, true).http(request({ host: 'inner', ...forwarded }), target)).toBe(expected);
    expect(address(publicUrl).webSocket(request({}), target)).toBe(expected.replace('https', 'wss'));
  });

  it('is otherwise what the request was made to', () => {
    expect(address('').http(request({ host: 'localhost:8000' }), '/a')).toBe('http://localhost:8000/a');
    expect(address('').webSocket(request({ host: 'localhost:8000' }), '/a')).toBe('ws://localhost:8000/a');
    expect(address('').webSocket(request({ host: 'localhost' }, { encrypted: true }), '/a')).toBe('wss://localhost/a');
    expect(address('').http(request({}), '/a')).toBe('http://localhost/a');
  });

  it('is what a proxy says only if the proxy is trusted', () => {
    expect(address('', true).http(request({ host: 'inner', ...forwarded }), '/a')).toBe('https://voice.example.com/a');
    expect(address('', true).http(request({ host: 'inner' }), '/a')).toBe('http://inner/a');
    expect(address('').http(request({ host: 'inner', ...forwarded }), '/a')).toBe('http://inner/a');
  });
});
