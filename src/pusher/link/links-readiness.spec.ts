import { describe, expect, it } from '@jest/globals';
import type { LinksSnapshot } from './link-metrics.js';
import { LinksReadiness } from './links-readiness.js';
import type { WsPusherLinks } from './ws-pusher-links.js';

function readiness(awayMs: number, links: Partial<LinksSnapshot['links']>): LinksReadiness {
  const none = { connected: 0, reconnect_backoff: 0, degraded: 0, half_open_probe: 0 };
  const snapshot = { breaker: 'closed', links: { ...none, ...links }, pending_requests: 2 };
  return new LinksReadiness({ isRefused: false, awayMs, snapshot: () => snapshot } as unknown as WsPusherLinks);
}

describe('a pusher', () => {
  it('that is reached is ready', () => {
    expect(readiness(0, { connected: 1 }).check()).not.toHaveProperty('degraded');
  });

  it('that no link has reached a moment ago is not as it should be', () => {
    expect(readiness(1000, { reconnect_backoff: 1 }).check()).toHaveProperty('degraded');
  });

  it('that no link has reached for half a minute is down, however often they will try', () => {
    expect(() => readiness(30_000, { reconnect_backoff: 1 }).check()).toThrow('2 conversations wait');
    // Short calls come and go.
    expect(() => readiness(30_000, {}).check()).toThrow('it cannot be reached');
  });
});
