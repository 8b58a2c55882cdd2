import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { once } from 'node:events';
import { type IncomingMessage, type Server, type ServerResponse, createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { recordLog } from '../support/replicas.js';
import { PusherConfig } from '../../src/config/pusher.config.js';
import { PusherApi } from '../../src/pusher/link/pusher-api.js';

const CREDENTIAL = 'a-credential-of-a-test';
const SAID = 'my-card-number';

let server: Server;
let api: PusherApi;
let asked: IncomingMessage[];
let answer: (response: ServerResponse) => void;

beforeEach(async () => {
  asked = [];
  server = createServer((request, response) => {
    asked.push(request);
    answer(response);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const url = `ws://127.0.0.1:${(server.address() as AddressInfo).port}`;
  api = new PusherApi(Object.assign(new PusherConfig(), { url, connectTimeoutMs: 1000 }));
});
afterEach(async () => {
  await api.onApplicationShutdown();
  server.close();
});

const ask = (...path: string[]) => api.ask({ method: 'POST', path, query: { tenant: 'acme' }, credential: CREDENTIAL });

describe('asking the pusher', () => {
  it('says what is asked, by whom and of which tenant, and nothing else in the address', async () => {
    answer = (response) => response.end('{"job_id":"x"}');
    expect(await ask('jobs', 'a/b?tenant=other#', 'retry')).toEqual({ status: 200, body: { job_id: 'x' } });
    const [{ method, url, headers }] = asked as [IncomingMessage];
    expect([method, url]).toEqual(['POST', '/api/v1/jobs/a%2Fb%3Ftenant%3Dother%23/retry?tenant=acme']);
    expect(headers.authorization).toBe(`Bearer ${CREDENTIAL}`);
    expect(headers).not.toHaveProperty('content-type');
  });

  it.each(['.', '..'])('does not leave its path by %s', async (part) => {
    await expect(ask('jobs', part, 'retry')).rejects.toMatchObject({ code: 'not_found' });
    expect(asked).toEqual([]);
  });

  it.each<[string, (response: ServerResponse) => void]>([
    ['a page of something in between', (response) => response.end(`<html>${SAID}</html>`)],
    ['the way to somewhere else', (response) => response.writeHead(302, { location: '/elsewhere' }).end()],
    [
      'an answer that breaks off',
      (response) => response.writeHead(200, { 'content-length': '99' }).write(`{"${SAID}`) && response.destroy(),
    ],
    ['more than a pusher says', (response) => response.end(JSON.stringify(SAID.repeat(100_000)))],
  ])('takes %s for no answer, and shows nothing of it', async (_, given) => {
    answer = given;
    const lines = recordLog();
    await expect(ask('jobs')).rejects.toMatchObject({ code: 'state_unavailable', retryable: true });
    expect(asked).toHaveLength(1);
    expect(lines.join('\n')).toContain('does not answer POST /api/v1/jobs');
    expect(lines.join('\n')).not.toMatch(new RegExp(`${SAID}|${CREDENTIAL}`));
  });
});
