import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { request } from 'node:http';
import { TestCaller, TestServer, withoutSpeech } from '../support/test-server.js';

const desk = 'https://desk.example.com';
const evil = 'https://evil.example.com';

/** With a `Host` that `fetch` would not send. */
function statusOf(url: string, method: string, path: string, headers: Record<string, string>): Promise<unknown> {
  return new Promise((resolve, reject) => {
    const asked = request(`${url}${path}`, { method, headers }, (response) => {
      response.resume();
      resolve(response.statusCode);
    });
    asked.once('error', reject).end();
  });
}

describe('answers over HTTP', () => {
  let server: TestServer;
  beforeAll(async () => {
    server = await TestServer.start({ ...withoutSpeech, CORS_ORIGINS: desk });
  });
  afterAll(() => server.stop());

  it.each(['/', '/console/main.js', '/api/v1/health', '/api/v1/sessions', '/api/v1/nothing', '/nothing'])(
    'have the headers that keep a browser from harm: %s',
    async (path) => {
      const { headers } = await fetch(server.url + path);
      const csp = headers.get('content-security-policy') ?? '';
      expect(csp).toContain("default-src 'none'");
      expect(csp).toContain("frame-ancestors 'none'");
      expect(csp).not.toMatch(/unsafe-|\*|https?:/);
      expect(Object.fromEntries(headers)).toMatchObject({
        'x-content-type-options': 'nosniff',
        'x-frame-options': 'DENY',
        'referrer-policy': 'no-referrer',
        'cross-origin-opener-policy': 'same-origin',
        'cross-origin-resource-policy': 'same-origin',
        'strict-transport-security': 'max-age=31536000',
      });
      expect(headers.get('x-powered-by')).toBeNull();
    },
  );

  it('of the API are kept by nobody', async () => {
    expect((await fetch(`${server.url}/api/v1/sessions`)).headers.get('cache-control')).toBe('no-store');
  });

  it('are for pages of the origins that are named, and of no others', async () => {
    const allowed = async (origin: string): Promise<string | null> =>
      (await fetch(`${server.url}/api/v1/health`, { headers: { origin } })).headers.get('access-control-allow-origin');
    expect([await allowed(desk), await allowed(evil)]).toEqual([desk, null]);
    const preflight = (origin: string): Promise<Response> =>
      fetch(`${server.url}/api/v1/sessions/x`, {
        method: 'OPTIONS',
        headers: { origin, 'access-control-request-method': 'DELETE' },
      });
    const { headers } = await preflight(desk);
    expect(headers.get('access-control-allow-origin')).toBe(desk);
    expect(headers.get('access-control-allow-credentials')).toBeNull();
    expect((await preflight(evil)).headers.get('access-control-allow-origin')).toBeNull();
  });

  it.each([
    [evil, 403],
    ['null', 403],
    [desk, 404],
    [undefined, 404],
  ])('let pages of %s change something: %d', async (origin, status) => {
    const response = await fetch(`${server.url}/api/v1/sessions/none/pause`, {
      method: 'POST',
      headers: origin === undefined ? {} : { origin },
    });
    expect(response.status).toBe(status);
  });

  it.each([
    ['GET', '/api/v1/sessions', 'a page'],
    ['DELETE', '/api/v1/sessions/none', 'a page'],
    ['GET', '/api/v1/sessions', 'nobody'],
  ])('are refused to a name that is none of ours: %s %s of %s', async (method, path, from) => {
    const host = 'evil.example.com:8000';
    const headers = { host, ...(from === 'a page' && { origin: `http://${host}` }) };
    expect(await statusOf(server.url, method, path, headers)).toBe(403);
    expect(await statusOf(server.url, method, path, { host: 'localhost:8000' })).toBe(method === 'GET' ? 200 : 404);
  });

  it('of a WebSocket are, too', async () => {
    const headers = { host: 'evil.example.com:8000', origin: 'http://evil.example.com:8000' };
    expect(await TestCaller.tryDial(server, '', headers)).toMatchObject({ status: 403 });
  });

  it('let our own pages change something', async () => {
    const response = await fetch(`${server.url}/api/v1/sessions/none`, {
      method: 'DELETE',
      headers: { origin: server.url },
    });
    expect(response.status).toBe(404);
  });
});
