import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { LocalServer } from '../../src/cli/local-server.js';
import { RedisServer, describeWithRedis } from '../support/redis.js';
import { until } from '../support/replicas.js';
import { TestCaller, TestServer, withoutSpeech } from '../support/test-server.js';

const hurried = {
  ...withoutSpeech,
  GREETING: 'off',
  REDIS_LEASE_MS: '1500',
  REDIS_COMMAND_TIMEOUT_MS: '300',
  REDIS_CONNECT_TIMEOUT_MS: '500',
};

describeWithRedis('a caller who comes back to another replica', () => {
  let redis: RedisServer;
  beforeAll(async () => {
    redis = await RedisServer.start();
  });
  afterAll(() => redis.stop());

  it('goes on there, and the replica before lets go of the session at once', async () => {
    const settings = { ...hurried, REDIS_URL: redis.url, MAX_CONNECTIONS: '1' };
    const [a, b] = [await TestServer.start(settings), await TestServer.start(settings)];
    const first = await TestCaller.dial(a);
    const token = await first.token();
    const { session_id } = await first.next('session_started');
    await first.ask('what is my balance');
    const question = first.answers().at(-1)!;

    // The first connection is still there: its server does not know that nobody listens.
    const second = await TestCaller.dial(b, `?resume=${token}`);
    expect(await second.next('session_started')).toMatchObject({ session_id, resumed: true });
    expect(await first.closed).toMatchObject({ reason: 'superseded' });
    await second.next('generation_complete');
    expect(second.answers()[0]).toContain(question);
    await second.ask('four two four two');
    expect(second.answers().at(-1)).toContain('PIN');
    expect(await TestCaller.tryDial(a, `?resume=${token}`)).toMatchObject({ status: 404 });
    // What lies in Redis does not tell what was said.
    const client = redis.look();
    for (const key of await client.keys('*')) {
      if ((await client.type(key)) === 'string') expect(await client.get(key)).not.toMatch(/balance|4242|four two/);
    }
    await second.hangUp();
    await Promise.all([a.quiet(), b.quiet()]);
    await Promise.all([a.stop(), b.stop()]);
  });

  it('goes on there when the replica was killed', async () => {
    const settings = { ...hurried, REDIS_URL: redis.url, CONVERSATION_STORE: 'none' };
    const [a, b] = [await LocalServer.start(settings), await LocalServer.start(settings)];
    const first = await TestCaller.dial(a as unknown as TestServer);
    const token = await first.token();
    await first.ask('what is my balance');
    const question = first.answers().at(-1)!;
    await settled(redis);
    await a.stop('SIGKILL');
    await first.closed;
    const second = await TestCaller.dial(b as unknown as TestServer, `?resume=${token}`);
    await second.next('generation_complete');
    expect(second.answers()[0]).toContain(question);
    await second.ask('four two four two');
    expect(second.answers().at(-1)).toContain('PIN');
    await second.hangUp();
    expect(await b.stop()).toBe(0);
  });

  it('hears what was not heard yet when the replica was killed in the middle of an answer', async () => {
    const settings = {
      ...hurried,
      REDIS_URL: redis.url,
      CONVERSATION_STORE: 'none',
      GREETING: 'on',
      SCRIPTED_TTS_WORD_MS: '300',
    };
    const [a, b] = [await LocalServer.start(settings), await LocalServer.start(settings)];
    const first = await TestCaller.dial(a as unknown as TestServer);
    const token = await first.token();
    await first.next('text_stream_stop');
    const greeting = first.answers().at(-1)!;
    // The snapshot is written with its text, before its audio has come this far.
    await until('it is being heard', () => first.audioBytes > 16_000);
    await a.stop('SIGKILL');
    await first.closed;
    const second = await TestCaller.dial(b as unknown as TestServer, `?resume=${token}`);
    await second.next('generation_complete');
    // The whole of it, or from the sentence on that was cut off.
    const [, rest] = /moment\. (.+)$/.exec(second.answers()[0]!)!;
    expect(greeting.endsWith(rest!)).toBe(true);
    expect(rest!.length).toBeGreaterThan(greeting.length / 2);
    await second.hangUp();
    expect(await b.stop()).toBe(0);
  });

  it('goes on also when Redis was killed, empty when it came back, while the connection was lost', async () => {
    const own = await RedisServer.start();
    const server = await TestServer.start({ ...hurried, REDIS_URL: own.url });
    const first = await TestCaller.dial(server);
    const token = await first.token();
    await first.ask('what is my balance');
    await own.kill();
    first.socket.terminate();
    await first.closed;
    await server.quiet();
    await own.restart();
    let second: TestCaller | undefined;
    await until('the session is kept', async () => {
      const answer = await TestCaller.tryDial(server, `?resume=${token}`);
      if (answer instanceof TestCaller) second = answer;
      return second !== undefined;
    });
    await second!.next('generation_complete');
    await second!.ask('four two four two');
    expect(second!.answers().at(-1)).toContain('PIN');
    await second!.hangUp();
    await server.quiet();
    await server.stop();
    await own.stop();
  });

  it('is told to try again while Redis is away, and is let in when it is back', async () => {
    const server = await TestServer.start({ ...hurried, REDIS_URL: redis.url });
    const first = await TestCaller.dial(server);
    const token = await first.token();
    await first.ask('what is my balance');
    first.socket.terminate();
    await first.closed;
    await server.quiet();
    redis.freeze();
    expect(await TestCaller.tryDial(server, `?resume=${token}`)).toMatchObject({
      status: 503,
      body: { error: { code: 'state_unavailable' } },
    });
    redis.thaw();
    let second: TestCaller | undefined;
    await until('Redis is back', async () => {
      const answer = await TestCaller.tryDial(server, `?resume=${token}`);
      if (answer instanceof TestCaller) second = answer;
      return second !== undefined;
    });
    expect(await second!.next('session_started')).toMatchObject({ resumed: true });
    await second!.hangUp();
    await server.quiet();
    await server.stop();
  });
});

/** Resolves when the snapshots in Redis have not changed between two looks: what is to be kept is kept. */
async function settled(redis: RedisServer): Promise<void> {
  let before = '';
  await until('the snapshot is kept', async () => {
    const client = redis.look();
    const keys = await client.keys('*resume:*');
    const now = keys.length === 0 ? '' : JSON.stringify(await client.mget(keys));
    const same = now !== '' && now === before;
    before = now;
    return same;
  });
}
