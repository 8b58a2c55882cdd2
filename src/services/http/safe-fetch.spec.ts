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
    const target = new URL(request.url!, 'http://x').searchParams.get('to');
    if (target) response.writeHead(302, { location: target }).end();
    else response.end('inside');
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

  it('does not follow a redirect to where it may not go', async () => {
    for (const target of ['http://169.254.169.254/latest/meta-data', 'http://[fe80::1]/']) {
      const url = `http://127.0.0.1:${port}/?to=${encodeURIComponent(target)}`;
      expect(await reach({ allowPrivate: true }, url)).toMatch(/is not a public address$/);
    }
  });

  it('reaches private networks where that is allowed, but no cloud metadata', async () => {
    expect(await reach({ allowPrivate: true }, `http://127.0.0.1:${port}/`)).toBe('inside');
    expect(await reach({ allowPrivate: true }, `http://localhost:${port}/`)).toBe('inside');
    expect(await reach({ allowPrivate: true }, 'http://169.254.169.254/')).toContain('not a public address');
    expect(await reach({ allowPrivate: true }, 'http://[fd00:ec2:0::254]/')).toContain('not a public address');
    expect(asked).toBeGreaterThan(0);
  });
});
