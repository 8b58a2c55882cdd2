import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { EventBus } from '../src/events/event-bus.js';
import type { OverloadLevel } from '../src/state/overload/overload-level.js';
import { type LevelChange, OverloadMonitor } from '../src/state/overload/overload-monitor.js';
import { TestCaller, TestServer, nothingHeld } from './support/test-server.js';

const TOKEN = 'a-token-of-this-test';
const auth = { authorization: `Bearer ${TOKEN}` };

describe('a server that is overloaded', () => {
  const recogniser = { name: 'other', realTimeFactor: 0, waiting: 0 };
  const changes: LevelChange[] = [];
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
      AUTH_TOKENS: TOKEN,
      SESSION_ACQUIRE_TIMEOUT_MS: '20000',
      OVERLOAD_EVENT_LOOP_DELAY_MS: '100',
      OVERLOAD_SAMPLE_MS: '50',
      OVERLOAD_AFTER_MS: '200',
      OVERLOAD_RECOVERY_MS: '400',
    });
    monitor = server.app.get(OverloadMonitor, { strict: false });
    monitor.watchInference(recogniser, 1);
    server.app.get(EventBus, { strict: false }).on('overload.changed', (change) => changes.push(change));
  });
  afterEach(async () => {
    recogniser.realTimeFactor = 0;
    expect(await server.quiet()).toEqual(nothingHeld);
    await reach('NORMAL');
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

  const tryDial = (): ReturnType<typeof TestCaller.tryDial> => TestCaller.tryDial(server, '', auth);
  const overloaded = {
    status: 503,
    retryAfter: '1',
    body: { error: { code: 'overloaded', message: 'The server is overloaded, please try again later' } },
  };

  it('refuses new calls, also those that wait, serves the one it has, and takes calls again by itself', async () => {
    const live = await TestCaller.dial(server, '', auth);
    await live.next('session_started');
    const waiting = tryDial();
    await server.holds('waiting', 1);
    recogniser.realTimeFactor = 2;
    await reach('OVERLOADED');
    expect(await waiting).toMatchObject(overloaded);
    expect(await tryDial()).toMatchObject(overloaded);
    live.send({ type: 'user_message', text: 'what is my balance' });
    await live.next('text_stream_stop');
    await live.hangUp();
    expect(await tryDial()).toMatchObject(overloaded);
    recogniser.realTimeFactor = 0;
    await reach('CRITICAL');
    const caller = await TestCaller.dial(server, '', auth);
    await caller.hangUp();
    expect(changes.map(({ to }) => to).slice(-3)).toEqual(['CRITICAL', 'OVERLOADED', 'CRITICAL']);
  });

  it('shows its level, what led to it and what follows from it', async () => {
    expect((await server.get('/api/v1/overload')).status).toBe(401);
    recogniser.realTimeFactor = 1.5;
    await reach('OVERLOADED');
    const { status, body } = await server.get('/api/v1/overload', auth);
    expect(status).toBe(200);
    expect(body).toMatchObject({
      level: 'OVERLOADED',
      since: expect.stringMatching(/^\d{4}-\d\d-\d\dT.*Z$/),
      in_level_ms: expect.any(Number),
      pressure: 1.5,
      calm_needed_ms: 400,
      inputs: {
        queues: { share: 0, value: 0, full_at: 1 },
        event_loop: { value_ms: expect.any(Number), full_at_ms: 100 },
        inference: {
          share: 1.5,
          full_at: 1,
          recognisers: [{ name: 'other', share: 1.5, real_time_factor: 1.5, waiting: 0, workers: 1, idle: false }],
        },
      },
      effects: { new_sessions: false, conversation_mic: true, transcription_mic: false, system: false },
      sources: { mic: { sessions: 0, depth: 0, fill: 0, dropped: { overload: 0 } }, system: { capacity: 0 } },
    });
    expect((body.history as unknown[]).slice(0, 2)).toMatchObject([
      { from: 'CRITICAL', to: 'OVERLOADED', pressure: 1.5, inputs: { inference: 1.5 } },
      { from: 'NORMAL', to: 'CRITICAL' },
    ]);
  });

  it('notices an event loop that is late', async () => {
    const blocked = setInterval(() => {
      const until = performance.now() + 150;
      while (performance.now() < until);
    }, 1);
    await reach('OVERLOADED');
    clearInterval(blocked);
    expect(monitor.status().history.at(-1)).toMatchObject({ to: 'OVERLOADED', shares: { inference: 0, queues: 0 } });
  });
});
