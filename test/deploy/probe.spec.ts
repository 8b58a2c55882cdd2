import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { once } from 'node:events';
import { type IncomingMessage, createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { run } from './run-script.js';

const PROBE = 'deploy/image/probe.mjs';
const TOKEN = 'a-token-of-a-test-0001';

/** Answers by path, and what was asked. */
const answers: Record<string, [status: number, body: unknown]> = {
  '/well': [200, { status: 'healthy' }],
  '/text': [200, 'plain words'],
  '/ready': [
    503,
    {
      ready: false,
      details: {
        deferred_results: {
          warmup: { state: 'started', attempts: 1 },
          mcp: { state: 'failed', attempts: 3, error: 'Not reached, but\n required: cardapi' },
          late: { state: 'pending', attempts: 0 },
        },
      },
    },
  ],
  '/readiness': [
    503,
    {
      status: 'unhealthy',
      draining: true,
      checks: [
        { component: 'speech', status: 'up' },
        { component: 'dialogue', status: 'down', error: 'none of the models can be asked' },
      ],
    },
  ],
  '/bare': [503, { status: 'unhealthy', draining: false }],
  '/refused': [401, { error: { code: 'unauthorized', message: 'A credential is missing or wrong' } }],
  '/endless': [500, 'x'.repeat(100_000)],
  '/nothing': [503, ''],
};
const asked: IncomingMessage[] = [];
const server = createServer((request, response) => {
  asked.push(request);
  const [status, body] = answers[request.url!] ?? [404, ''];
  response.writeHead(status).end(typeof body === 'string' ? body : JSON.stringify(body));
});
let port: string;
let base: string;

beforeAll(async () => {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  port = String((server.address() as AddressInfo).port);
  base = `http://127.0.0.1:${port}`;
});
afterAll(() => {
  server.close();
});

describe('the probe', () => {
  it('passes if all answer well, and says who does not', async () => {
    expect(await run([PROBE, '/well'], { PORT: port })).toEqual({ code: 0, out: `${base}/well is well\n`, err: '' });
    expect((await run([PROBE, '/well', base, base])).code).toBe(0);
    const gone = createServer().listen(0, '127.0.0.1');
    await once(gone, 'listening');
    const nobody = `http://127.0.0.1:${(gone.address() as AddressInfo).port}`;
    gone.close();
    expect(await run([PROBE, '/well', base, nobody])).toEqual({
      code: 1,
      out: `${base}/well is well\n`,
      err: `${nobody}/well does not answer: ECONNREFUSED\n`,
    });
  });

  it.each([
    ['/ready', 'answers 503: mcp failed: Not reached, but required: cardapi; late pending'],
    ['/readiness', 'answers 503: it drains; dialogue down: none of the models can be asked'],
    ['/bare', 'answers 503: {"status":"unhealthy","draining":false}'],
    ['/refused', 'answers 401: A credential is missing or wrong'],
    ['/nothing', 'answers 503'],
    ['/endless', `answers 500: ${'x'.repeat(1000)}`],
  ])('says in one line why: %s', async (path, said) => {
    expect(await run([PROBE, path], { PORT: port })).toEqual({ code: 1, out: '', err: `${base}${path} ${said}\n` });
  });

  it('shows answers to whoever asks for them', async () => {
    const shown = await run([PROBE, '--show', '/well'], { PORT: port });
    expect(shown).toEqual({ code: 0, out: '{\n  "status": "healthy"\n}\n', err: '' });
    expect(await run([PROBE, '--show', '/text'], { PORT: port })).toMatchObject({ code: 0, out: 'plain words\n' });
    const ill = await run([PROBE, '--show', '/readiness'], { PORT: port });
    expect(JSON.parse(ill.out)).toEqual(answers['/readiness']![1]);
    expect([ill.code, ill.err]).toEqual([1, expect.stringContaining('dialogue down')]);
  });

  it('shows its own process the token of that, others only one that was meant for them, and nobody else any', async () => {
    const credentialOf = async (env: NodeJS.ProcessEnv, ...bases: string[]): Promise<unknown> => {
      const { out, err } = await run([PROBE, '/well', ...bases], { PORT: port, ...env });
      expect(out + err).not.toContain(TOKEN);
      return asked.at(-1)!.headers.authorization;
    };
    expect(await credentialOf({})).toBeUndefined();
    expect(await credentialOf({ AUTH_TOKENS: `, ${TOKEN} ,another` })).toBe(`Bearer ${TOKEN}`);
    expect(await credentialOf({ AUTH_TOKENS: TOKEN }, base)).toBeUndefined();
    expect(await credentialOf({ AUTH_TOKENS: 'another', PARLEY_TOKEN: TOKEN }, base)).toBe(`Bearer ${TOKEN}`);
    expect(await credentialOf({ AUTH_TOKENS: 'another', PARLEY_TOKEN: TOKEN })).toBe(`Bearer ${TOKEN}`);
  });
});
