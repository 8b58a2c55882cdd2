import { afterEach, describe, expect, it } from '@jest/globals';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { LocalServer } from '../../src/cli/local-server.js';
import { OtlpReceiver } from '../fakes/otlp/otlp-receiver.js';
import { TestCaller, type TestServer, withoutSpeech } from '../support/test-server.js';

const cleanUp: (() => unknown)[] = [];
afterEach(async () => {
  for (const stop of cleanUp.splice(0).toReversed()) await stop();
});

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as { port: number };
  await new Promise((resolve) => server.close(resolve));
  return port;
}

async function start(env: NodeJS.ProcessEnv): Promise<LocalServer> {
  const server = await LocalServer.start(env);
  cleanUp.push(() => server.stop('SIGKILL'));
  return server;
}

describe('what is done after a call', () => {
  it.each([
    ['by a pusher that starts when it is long over', { killed: false, RECONCILE_MS: '3600000' }],
    ['although whoever was to ask for it was killed', { killed: true, RECONCILE_MS: '100' }],
  ])(
    'belongs to its trace, %s',
    async (_, { killed, RECONCILE_MS }) => {
      const folder = mkdtempSync(path.join(tmpdir(), 'parley-later-'));
      cleanUp.push(() => rmSync(folder, { recursive: true, force: true }));
      const collector = await OtlpReceiver.start();
      cleanUp.push(() => collector.stop());
      const PORT = String(await freePort());
      const shared = {
        PUSHER_SECRET: 'a-secret-of-these-two',
        PUSHER_BACKOFF_MS: '50',
        PUSHER_BACKOFF_MAX_MS: '100',
        PUSHER_MAX_RECONNECT_ATTEMPTS: '100',
        PUSHER_BREAKER_FAILURES: '1000',
        CONVERSATION_STORE: 'sqlite',
        DATA_DIR: folder,
        OTEL_TRACES_EXPORTER: 'otlp',
        OTEL_METRICS_EXPORTER: 'none',
        OTEL_EXPORTER_OTLP_ENDPOINT: collector.url,
        OTEL_BSP_SCHEDULE_DELAY: '20',
      };
      const voice = await start({
        ...withoutSpeech,
        ...shared,
        GREETING: 'off',
        PARLEY_ROLE: 'voice',
        PUSHER_URL: `ws://127.0.0.1:${PORT}`,
        OTEL_SERVICE_NAME: 'voice',
      });
      const caller = await TestCaller.dial(voice as unknown as TestServer);
      await caller.ask('hello');
      caller.send({ type: 'end' });
      await caller.closed;
      const call = await collector.span('of the call', ({ name }) => name === 'call');
      if (killed) await voice.stop('SIGKILL');
      await start({ ...shared, PARLEY_ROLE: 'pusher', PORT, RECONCILE_MS, OTEL_SERVICE_NAME: 'pusher' });
      const read = await collector.span('of what came after it', ({ name }) => name === 'post_call');
      expect(read).toMatchObject({
        traceId: call.traceId,
        parentId: call.spanId,
        isError: false,
        attributes: { 'parley.outcome': 'processed' },
        resource: { 'service.name': 'pusher' },
      });
      expect(call.resource).toMatchObject({ 'service.name': 'voice' });
    },
    60_000,
  );
});
