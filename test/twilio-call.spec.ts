import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { TestServer, nothingHeld } from './support/test-server.js';
import { TwilioCaller } from './support/twilio-caller.js';

describe('a call that Twilio brings', () => {
  let server: TestServer;
  beforeAll(async () => {
    server = await TestServer.start();
  });
  afterEach(async () => {
    expect(await server.quiet()).toEqual(nothingHeld);
  });
  afterAll(() => server.stop());

  it('is greeted', async () => {
    const caller = await TwilioCaller.call(server);
    await caller.until('a greeting', () => caller.heardMs > 1000);
    expect(caller.echoed.length).toBeGreaterThan(3);
    await caller.hangUp();
    expect(await caller.closed).toEqual({ code: 1000, reason: 'hangup' });
  });
});
