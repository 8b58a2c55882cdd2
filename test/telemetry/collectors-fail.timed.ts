import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { createServer } from 'node:net';
import { LocalServer } from '../../src/cli/local-server.js';
import { OtlpReceiver, type OtlpMood } from '../fakes/otlp/otlp-receiver.js';
import { TestCaller, type TestServer, withoutSpeech } from '../support/test-server.js';

const KEY = 'key-that-nobody-may-see';
let collector: OtlpReceiver;
let server: LocalServer;

beforeEach(async () => (collector = await OtlpReceiver.start({ key: KEY })));
afterEach(async () => {
  await server.stop();
  await collector.stop();
});

async function start(more: NodeJS.ProcessEnv = {}): Promise<void> {
  server = await LocalServer.start({
    ...withoutSpeech,
    GREETING: 'off',
    SHUTDOWN_LIMIT_MS: '2000',
    OTEL_TRACES_EXPORTER: 'otlp',
    OTEL_EXPORTER_OTLP_ENDPOINT: collector.url,
    OTEL_EXPORTER_OTLP_HEADERS: `authorization=${KEY}`,
    OTEL_EXPORTER_OTLP_TIMEOUT: '500',
    OTEL_BSP_SCHEDULE_DELAY: '20',
    LOG_LEVEL: 'trace',
    ...more,
  });
}

async function call(): Promise<void> {
  const caller = await TestCaller.dial(server as unknown as TestServer);
  await caller.ask('hello');
  caller.send({ type: 'end' });
  await caller.closed;
}

const lines = (about: string): string[] => server.output.filter((line) => line.includes(about));

describe('a collector', () => {
  it.each<OtlpMood>(['hangs', 'refuses', 'talks nonsense'])(
    'that %s is told of once, and no call and no shutdown waits for it',
    async (mood) => {
      collector.mood = mood;
      await start();
      await call();
      await call();
      while (lines('Traces cannot be sent').length === 0) await collector.something(performance.now() + 100);
      expect(await server.stop()).toBe(0);
      expect(lines('Traces cannot be sent')).toHaveLength(1);
      expect(lines('did not stop cleanly')).toEqual([]);
      expect(server.output.join('\n')).not.toContain(KEY);
    },
  );

  it('that comes back gets what is traced from then on, and is told of', async () => {
    collector.mood = 'refuses';
    await start();
    await call();
    while (lines('Traces cannot be sent').length === 0) await collector.something(performance.now() + 100);
    collector.mood = 'well';
    await call();
    await collector.span('of the call', ({ name }) => name === 'call');
    expect(await server.stop()).toBe(0);
    expect(lines('Traces are sent to')).toHaveLength(1);
  });

  it('that is not there costs nothing but a line', async () => {
    await start({ OTEL_EXPORTER_OTLP_ENDPOINT: 'http://127.0.0.1:9' });
    await call();
    expect(await server.stop()).toBe(0);
    expect(lines('Traces cannot be sent')).toHaveLength(1);
  });
});

describe('the port of metrics', () => {
  it('serves them to whoever comes', async () => {
    await start({ OTEL_TRACES_EXPORTER: 'none' });
    await call();
    const [, url] = /Metrics at (http:\S+?)"/.exec(lines('Metrics at').join(''))!;
    const response = await fetch(url!);
    const text = await response.text();
    expect(response.status).toBe(200);
    expect(text).toMatch(/^voice_generations_total\{.*outcome="completed".*\} 1$/m);
    const elsewhere = await fetch(url!.replace('/metrics', '/'));
    expect([elsewhere.status, await elsewhere.text()]).toEqual([404, 'Metrics are at /metrics\n']);
  });

  it('that somebody else has is told of, and calls are taken all the same', async () => {
    const other = createServer();
    await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve));
    const { port } = other.address() as { port: number };
    await start({ OTEL_TRACES_EXPORTER: 'none', METRICS_PORT: String(port) });
    await call();
    expect(lines(`No metrics: port ${port} is taken (EADDRINUSE)`)).toHaveLength(1);
    expect(await server.stop()).toBe(0);
    await new Promise((resolve) => other.close(resolve));
  });
});
