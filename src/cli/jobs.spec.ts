import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { type Server, createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { main } from './jobs.js';

let server: Server;
beforeEach(async () => {
  server = createServer(({ headers }, response) => {
    response.writeHead(headers.authorization === undefined ? 401 : 403, { 'content-type': 'application/json' });
    response.end(JSON.stringify({ error: { code: 'unauthorized', message: 'No valid credential' } }));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
});
afterEach(() => new Promise((resolve) => server.close(resolve)));

const ask = (...args: string[]): Promise<number> =>
  main([...args, '--url', `127.0.0.1:${(server.address() as AddressInfo).port}`]);

describe('npm run jobs', () => {
  it('without a credential says how it is given', async () => {
    await expect(ask()).rejects.toThrow(
      'the server wants the credential of an operator: give it with --token, or in the variable PARLEY_TOKEN',
    );
  });

  it('with the credential of somebody else says whose it takes', async () => {
    await expect(ask('--token', 'key-of-a-caller')).rejects.toThrow(
      'this credential may not: it takes that of an operator',
    );
  });
});
