import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { LookupAddress } from 'node:dns';
import { type Server, createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type SafeFetch, type SafeFetchOptions, createSafeFetch } from './safe-fetch.js';

let server: Server;
let port: number;
let asked = 0;

beforeAll(async () => {
  server = createServer((request, response) => {
    asked++;
    const { searchParams } = new URL(request.url!, 'http://x');
    const target = searchParams.get('to');
    const bytes = Number(searchParams.get('bytes'));
    const events = Number(searchParams.get('events'));
    if (searchParams.has('never')) return;
    if (target !== null) response.writeHead(302, { location: target }).end();
    else if (events > 0) {
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      for (let event = 0; event < events; event++) response.write(`data: ${'x'.repeat(bytes)}\r\n\r\n`);
      response.end();
    } else if (bytes > 0) {
      if (searchParams.has('chunked')) response.flushHeaders();
      else response.setHeader('content-length', bytes);
      response.end('x'.repeat(bytes));
    } else response.end('inside');
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  port = (server.address() as AddressInfo).port;
});
afterAll(() => new Promise((resolve) => server.close(resolve)));

/** A name server of the test, which says what it is told, answer by answer. */
function nameServer(...answers: string[][]): SafeFetchOptions['lookup'] {
  const lookup = (_: string, __: object, callback: (error: null, addresses: LookupAddress[]) => void): void => {
    const addresses = answers.length > 1 ? answers.shift()! : answers[0]!;
    callback(
      null,
      addresses.map((address) => ({ address, family: address.includes(':') ? 6 : 4 })),
    );
  };
  return lookup as unknown as SafeFetchOptions['lookup'];
}

async function reach(options: Partial<SafeFetchOptions>, url: string): Promise<string> {
  const safe: SafeFetch = createSafeFetch({ allowPrivate: false, connectTimeoutMs: 1000, ...options });
  try {
    return await (await safe.fetch(url)).text();
  } catch (error) {
    return (error as { cause?: Error }).cause?.message ?? (error as Error).message;
  } finally {
    await safe.close();
  }
}

describe('fetch for addresses from outside', () => {
  it.each([
    'https://127.0.0.1',
    'https://127.1',
    'https://2130706433',
    'https://0x7f000001',
    'https://[::1]',
    'https://[::ffff:127.0.0.1]',
    'https://10.1.2.3',
    'https://172.16.0.1',
    'https://192.168.1.1',
    'https://100.64.0.1',
    'https://169.254.169.254',
    'https://[fe80::1]',
    'https://[fd00::1]',
    'https://0.0.0.0',
    'https://255.255.255.255',
    'https://224.0.0.1',
    'https://[64:ff9b::7f00:1]',
    'https://[2002:7f00:1::]',
    'https://168.63.129.16',
    'https://100.100.100.200',
    'https://[fd00:ec2::254]',
    'https://[::7f00:1]',
    'https://[::a9fe:a9fe]',
    'https://[::ffff:168.63.129.16]',
  ])('does not reach %s', async (url) => {
    expect(await reach({}, `${url}:${port}/`)).toMatch(/^Refused to connect: .* is not a public address$/);
  });

  it.each([[['127.0.0.1']], [['10.0.0.1']], [['169.254.169.254']], [['::1']], [['93.184.216.34', '127.0.0.1']]])(
    'does not reach a name that stands for %j',
    async (addresses) => {
      const answer = await reach({ lookup: nameServer(addresses) }, `https://inside.example.com:${port}/`);
      expect(answer).toBe('Refused to connect: inside.example.com has no public address');
    },
  );

  it('does not speak plain http, nor anything else', async () => {
    expect(await reach({ lookup: nameServer(['93.184.216.34']) }, `http://example.com:${port}/`)).toContain(
      'only https://',
    );
    expect(await reach({}, 'file:///etc/passwd')).not.toContain('root');
  });

  it('connects to the address it has judged, not to what the name stands for later', async () => {
    let questions = 0;
    const answers = nameServer(['127.0.0.1'], ['10.0.0.1'])!;
    const counting = ((...args: Parameters<typeof answers>) => (questions++, answers(...args))) as typeof answers;
    expect(await reach({ allowPrivate: true, lookup: counting }, `http://inside.example.com:${port}/`)).toBe('inside');
    expect(questions).toBe(1);
  });

  it.each(['http://169.254.169.254/latest/meta-data', 'http://[fe80::1]/', '/?to='])(
    'does not follow a redirect, to %s or anywhere',
    async (target) => {
      const before = asked;
      const url = `http://127.0.0.1:${port}/?to=${encodeURIComponent(target)}`;
      expect(await reach({ allowPrivate: true }, url)).toMatch(/redirect/);
      expect(asked).toBe(before + 1);
    },
  );

  it('hands a redirect to who asks for it, and does not follow it', async () => {
    const safe = createSafeFetch({ allowPrivate: true, connectTimeoutMs: 1000 });
    const response = await safe.fetch(`http://127.0.0.1:${port}/?to=%2Felsewhere`, { redirect: 'manual' });
    expect([response.status, response.headers.get('location')]).toEqual([302, '/elsewhere']);
    await safe.close();
  });

  it('breaks off an answer that is too large, announced or not', async () => {
    const limits = { allowPrivate: true, maxAnswerBytes: 1000 };
    expect(await reach(limits, `http://127.0.0.1:${port}/?bytes=1000`)).toHaveLength(1000);
    for (const way of ['bytes=1001', 'bytes=100000', 'bytes=1001&chunked=1', 'bytes=100000&chunked=1'])
      expect([way, await reach(limits, `http://127.0.0.1:${port}/?${way}`)]).toEqual([
        way,
        'The answer is larger than 1000 bytes',
      ]);
  });

  it('lets a stream of events go on, and bounds each of them', async () => {
    const limits = { allowPrivate: true, maxAnswerBytes: 1000 };
    const events = await reach(limits, `http://127.0.0.1:${port}/?events=100&bytes=900`);
    expect(events.length).toBeGreaterThan(90_000);
    expect(await reach(limits, `http://127.0.0.1:${port}/?events=3&bytes=1100`)).toBe(
      'The answer is larger than 1000 bytes',
    );
  });

  it('gives up an answer that does not begin in time', async () => {
    const limits = { allowPrivate: true, answerTimeoutMs: 50 };
    expect(await reach(limits, `http://127.0.0.1:${port}/?never=1`)).toMatch(/Headers Timeout/);
  });

  it('reaches private networks where that is allowed, but no cloud metadata', async () => {
    expect(await reach({ allowPrivate: true }, `http://127.0.0.1:${port}/`)).toBe('inside');
    expect(await reach({ allowPrivate: true }, `http://localhost:${port}/`)).toBe('inside');
    expect(await reach({ allowPrivate: true }, 'http://169.254.169.254/')).toContain('not a public address');
    expect(await reach({ allowPrivate: true }, 'http://[fd00:ec2:0::254]/')).toContain('not a public address');
    for (const address of ['168.63.129.16', '100.100.100.200', '[::a9fe:a9fe]', '[::7f00:1]'])
      expect(await reach({ allowPrivate: true }, `http://${address}/`)).toContain('not a public address');
    expect(asked).toBeGreaterThan(0);
  });
});
