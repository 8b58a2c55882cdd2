import { describe, expect, it } from '@jest/globals';
import type { IncomingMessage } from 'node:http';
import { TrustedProxies } from './trusted-proxies.js';

const from = (remoteAddress: string | undefined, said?: string): IncomingMessage =>
  ({ headers: { 'x-forwarded-for': said }, socket: { remoteAddress } }) as unknown as IncomingMessage;

describe('proxies that are named', () => {
  const proxies = new TrustedProxies(['10.244.0.0/16', '192.0.2.7', '2001:db8:1::/48']);

  it.each([
    ['10.244.3.9', true],
    ['::ffff:10.244.3.9', true],
    ['192.0.2.7', true],
    ['2001:db8:1::9', true],
    ['10.245.0.1', false],
    ['192.0.2.8', false],
    ['2001:db8:2::9', false],
    [undefined, false],
  ])('are those of the list: %s', (address, is) => {
    expect(proxies.sent(from(address))).toBe(is);
  });

  it.each([
    ['what the proxy has added', '10.244.3.9', '6.6.6.6', '6.6.6.6'],
    ['without what was said before', '10.244.3.9', '1.1.1.1, 6.6.6.6:4711', '6.6.6.6'],
    ['what the first of several proxies has added', '192.0.2.7', '1.1.1.1, 6.6.6.6, 10.244.3.9', '6.6.6.6'],
    ['a proxy that asks for itself', '192.0.2.7', '10.244.3.9', '10.244.3.9'],
    ['the proxy where it says nothing', '192.0.2.7', undefined, '192.0.2.7'],
    ['the proxy where it says nothing that can be read', '192.0.2.7', ' ', '192.0.2.7'],
    ['the connection of anybody else, whatever they say', '10.245.0.1', '6.6.6.6', '10.245.0.1'],
  ])('are asked who asks: %s', (_, peer, said, client) => {
    expect(proxies.clientOf(from(peer, said))).toBe(client);
  });
});

describe('TRUST_PROXY', () => {
  it('true believes the last address of whoever connects, false nobody', () => {
    const asked = from('10.245.0.1', '1.1.1.1, 6.6.6.6');
    expect(new TrustedProxies(true).clientOf(asked)).toBe('6.6.6.6');
    expect(new TrustedProxies(false).clientOf(asked)).toBe('10.245.0.1');
    expect(new TrustedProxies(false).clientOf(from(undefined, '6.6.6.6'))).toBeUndefined();
  });
});
