import { afterEach, describe, expect, it } from '@jest/globals';
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { LocalServer } from '../../src/cli/local-server.js';
import { CosmosEmulator } from '../fakes/cosmos/cosmos-emulator.js';
import { until } from '../support/replicas.js';
import { TestCaller, TestServer, withoutSpeech } from '../support/test-server.js';

const cleanUp: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const stop of cleanUp.splice(0).toReversed()) await stop();
});

function settingsOf(cosmos: CosmosEmulator): NodeJS.ProcessEnv {
  const DATA_DIR = mkdtempSync(path.join(tmpdir(), 'parley-away-'));
  return { ...cosmos.settings, DATA_DIR, CONVERSATION_STORE_TIMEOUT_MS: '300', GREETING: 'off', ...withoutSpeech };
}

async function cosmosThat(fault: CosmosEmulator['fault']): Promise<CosmosEmulator> {
  const cosmos = await CosmosEmulator.start();
  cleanUp.push(() => cosmos.stop());
  cosmos.fault = fault;
  return cosmos;
}

describe('a server whose conversation store is away when it starts', () => {
  it.each(['hangs', 'cut', 503] as const)(
    'begins without it, takes calls, and writes what was said once it is there (it %s)',
    async (fault) => {
      const cosmos = await cosmosThat(fault);
      const server = await TestServer.start(settingsOf(cosmos));
      cleanUp.push(() => server.stop());
      const caller = await TestCaller.dial(server);
      const { session_id: id } = await caller.next('session_started');
      await caller.ask('what can you do');
      await caller.hangUp();
      const { status, body } = await server.get('/api/v1/readiness');
      expect([status, body['status']]).toEqual([200, 'degraded']);
      expect((await server.get(`/api/v1/conversations/${id}`)).status).toBe(503);
      cosmos.fault = 'none';
      await until('it is there', async () => {
        const { status, body } = await server.get(`/api/v1/conversations/${id}`);
        return status === 200 && body['status'] === 'completed';
      });
      await until('all is well', async () => (await server.get('/api/v1/readiness')).body['status'] === 'ready');
    },
  );

  it('ends the start, by the name of its setting, where it does not let us in', async () => {
    const cosmos = await cosmosThat(401);
    const output = await LocalServer.start(settingsOf(cosmos)).then(
      (server) => server.stop().then(() => 'it has started'),
      (error: Error) => error.message,
    );
    expect(output).toMatch(/COSMOS_ENDPOINT: .* status 401/);
  });
});
