import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { type Server, createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { promisify } from 'node:util';
import { Agent, fetch as plainFetch } from 'undici';
import { createSafeFetch } from '../../src/services/http/safe-fetch.js';
import { NameServer } from '../fakes/dns/name-server.js';

const PUBLIC = '93.184.216.34';
const HERE = '127.0.0.1';
const METADATA = '169.254.169.254';

describe('a name server that changes its mind', () => {
  let inside: Server;
  let port: number;
  let reached: number;
  let names: NameServer | undefined;
  beforeEach(async () => {
    reached = 0;
    inside = createServer((_, response) => {
      reached++;
      response.end('what only this machine may see');
    });
    await new Promise<void>((resolve) => inside.listen(0, HERE, resolve));
    port = (inside.address() as AddressInfo).port;
  });
  afterEach(async () => {
    await names?.stop();
    await new Promise((resolve) => inside.close(resolve));
  });

  async function problemOf(allowPrivate: boolean, url: string): Promise<string> {
    const safe = createSafeFetch({ allowPrivate, connectTimeoutMs: 2000, lookup: names!.lookup });
    try {
      return await (await safe.fetch(url)).text();
    } catch (error) {
      return (error as { cause?: Error }).cause?.message ?? (error as Error).message;
    } finally {
      await safe.close();
    }
  }

  it('gets around who judges a name first and connects to it afterwards', async () => {
    names = await NameServer.start([PUBLIC], [HERE]);
    const judged = (await promisify(names.lookup)('rebind.test', { all: true })) as unknown;
    expect(judged).toEqual([{ address: PUBLIC, family: 4 }]);
    const agent = new Agent({ connect: { lookup: names.lookup } });
    const answer = await plainFetch(`http://rebind.test:${port}/`, { dispatcher: agent });
    expect(await answer.text()).toBe('what only this machine may see');
    await agent.close();
  });

  it('is asked once for each connection, which goes to the address that was judged', async () => {
    names = await NameServer.start([HERE], [METADATA]);
    expect(await problemOf(true, `http://rebind.test:${port}/`)).toBe('what only this machine may see');
    expect(names.asked).toEqual(['rebind.test']);
  });

  it('does not get its second answer past us either: each connection is judged anew', async () => {
    names = await NameServer.start([HERE], [METADATA]);
    expect(await problemOf(true, `http://rebind.test:${port}/`)).toBe('what only this machine may see');
    expect(await problemOf(true, `http://rebind.test:${port}/`)).toBe(
      'Refused to connect: rebind.test has no public address',
    );
    expect(reached).toBe(1);
  });

  it.each([[[HERE]], [[METADATA]], [['10.0.0.7']], [['100.64.0.9']], [[PUBLIC, HERE]], [[HERE, PUBLIC]]])(
    'does not lead inside with %j',
    async (addresses) => {
      names = await NameServer.start(addresses);
      expect(await problemOf(false, `https://rebind.test:${port}/`)).toBe(
        'Refused to connect: rebind.test has no public address',
      );
      expect(reached).toBe(0);
    },
  );
});
