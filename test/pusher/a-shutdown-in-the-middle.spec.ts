import { afterEach, describe, expect, it } from '@jest/globals';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setImmediate as nextTurn, setTimeout as pause } from 'node:timers/promises';
import { WsPusherLinks } from '../../src/pusher/link/ws-pusher-links.js';
import { DrainState } from '../../src/lifecycle/drain-state.js';
import { ListenCaller } from '../listen/support/listen-caller.js';
import { TestCaller, TestServer, withoutSpeech } from '../support/test-server.js';

const cleanUp: (() => unknown)[] = [];
afterEach(async () => {
  for (const step of cleanUp.splice(0).toReversed()) await step();
});

function settings(): NodeJS.ProcessEnv {
  const folder = mkdtempSync(path.join(tmpdir(), 'parley-drained-'));
  cleanUp.push(() => rmSync(folder, { recursive: true, force: true }));
  return {
    ...withoutSpeech,
    GREETING: 'off',
    LLM_MODELS: 'scripted',
    SCRIPTED_LLM_TEXT: 'Fine.',
    CONVERSATION_STORE: 'sqlite',
    DATA_DIR: folder,
    DRAIN_LIMIT_MS: '10000',
    // Nobody looks for what was left behind.
    RECONCILE_MS: '3600000',
  };
}

/** Shuts it down while calls go on; whether one of them lost its link to the pusher. */
async function drained(server: TestServer, meanwhile: () => Promise<unknown>): Promise<boolean> {
  const links = server.app.get(WsPusherLinks, { strict: false });
  const over = new AbortController();
  let wasLost = false;
  const begun = new Promise<void>((resolve) => server.app.get(DrainState, { strict: false }).onBegin(resolve));
  const stopped = server.stop();
  await begun;
  const calls = meanwhile().finally(() => over.abort());
  while (!over.signal.aborted) {
    const { degraded, reconnect_backoff, half_open_probe } = links.snapshot().links;
    wasLost ||= degraded + reconnect_backoff + half_open_probe > 0;
    await nextTurn();
  }
  await Promise.all([calls, stopped]);
  return wasLost;
}

describe('a server that goes down while calls go on', () => {
  it('takes to its queue what was said until their end', async () => {
    const env = settings();
    const server = await TestServer.start(env);
    const caller = await TestCaller.dial(server);
    const { session_id: id } = await caller.next('session_started');
    const hangUp = async (): Promise<void> => {
      await caller.ask('my card was stolen');
      caller.send({ type: 'end' });
      await caller.closed;
    };
    await drained(server, hangUp);

    const next = await TestServer.start(env);
    cleanUp.push(() => next.stop());
    let found: Record<string, unknown>;
    do found = (await next.get(`/api/v1/conversations/${id}`)).body;
    while (found['insights'] === undefined);
    expect(found).toMatchObject({ kind: 'voice', status: 'completed', insights: { generation: 1 } });
  });

  it('keeps its pusher until they are over', async () => {
    const server = await TestServer.start({ ...settings(), SHUTDOWN_LIMIT_MS: '2000' });
    const caller = await ListenCaller.dial(server.url);
    await caller.ready();
    const links = server.app.get(WsPusherLinks, { strict: false });
    while (links.snapshot().links.connected === 0) await nextTurn();
    const frame = new Int16Array(160).fill(900);
    const wasLost = await drained(server, async () => {
      // Longer than links may take that are closed when no call is left.
      for (let sent = 0; sent < 50; sent++) {
        caller.sendAudio(frame);
        await pause(20);
      }
      caller.send({ type: 'end' });
      await caller.closed;
    });
    expect(wasLost).toBe(false);
  });
});
