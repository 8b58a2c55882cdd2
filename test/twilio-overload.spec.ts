import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { OverloadMonitor } from '../src/state/overload/overload-monitor.js';
import type { OverloadLevel } from '../src/state/overload/overload-level.js';
import { TestServer, nothingHeld } from './support/test-server.js';
import { TwilioCaller } from './support/twilio-caller.js';

describe('Twilio, while the server is overloaded', () => {
  const recogniser = { name: 'other', realTimeFactor: 0, waiting: 0 };
  let server: TestServer;
  let monitor: OverloadMonitor;
  beforeAll(async () => {
    server = await TestServer.start({
      STT_SERVICE_MODELS: 'scripted',
      TTS_SERVICE_MODELS: 'scripted',
      LLM_MODELS: 'scripted',
      VAD: 'energy',
      GREETING: 'off',
      MAX_CONNECTIONS: '1',
      SESSION_ACQUIRE_TIMEOUT_MS: '9000',
      OVERLOAD_SAMPLE_MS: '50',
      OVERLOAD_AFTER_MS: '200',
      OVERLOAD_RECOVERY_MS: '400',
    });
    monitor = server.app.get(OverloadMonitor, { strict: false });
    monitor.watchInference(recogniser, 1);
  });
  afterAll(() => server.stop());

  function reach(level: OverloadLevel): Promise<void> {
    if (monitor.level === level) return Promise.resolve();
    return new Promise((resolve) => {
      const stop = monitor.onChange(({ to }) => {
        if (to !== level) return;
        stop();
        resolve();
      });
    });
  }

  const webhook = async (): Promise<string> =>
    (await fetch(`${server.url}/api/v1/twilio/voice`, { method: 'POST', body: new URLSearchParams() })).text();

  it('turns callers away in words, also those that wait, and streams with 503; then takes calls again', async () => {
    const live = await TwilioCaller.dial(server);
    const ringing = webhook();
    const connecting = TwilioCaller.tryDial(server);
    await server.holds('waiting', 2);
    recogniser.realTimeFactor = 2;
    await reach('OVERLOADED');
    const overloaded = { status: 503, retryAfter: '1', body: { error: { code: 'overloaded' } } };
    expect(await connecting).toMatchObject(overloaded);
    expect(await ringing).toContain('<Hangup/>');
    live.stop();
    await live.closed;
    expect(await server.quiet()).toEqual(nothingHeld);
    // There is a slot now, and nobody gets it.
    expect(await TwilioCaller.tryDial(server)).toMatchObject(overloaded);
    expect(await webhook()).toContain('<Hangup/>');
    recogniser.realTimeFactor = 0;
    await reach('NORMAL');
    expect(await webhook()).toContain('<Connect>');
    const caller = await TwilioCaller.dial(server);
    caller.stop();
    await caller.closed;
    expect(await server.quiet()).toEqual(nothingHeld);
  });
});
