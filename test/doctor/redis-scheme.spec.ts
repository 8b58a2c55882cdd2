import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { type Server, type TLSSocket, createServer } from 'node:tls';
import { diagnose } from '../../src/cli/doctor/diagnose.js';
import type { Finding } from '../../src/cli/doctor/finding.js';
import { SystemClock } from '../../src/kernel/clock.js';
import { describeWithCertificates } from '../support/certificates.js';
import { RedisServer, describeWithRedis, freePort } from '../support/redis.js';
import { faults } from './whole-deployment.js';

const LIMIT_MS = 30_000;
const PASSWORD = 'swordfish-of-redis';
const openssl = process.env['OPENSSL_PATH'] ?? 'openssl';

async function said(url: string): Promise<readonly Finding[] | undefined> {
  const settings = { REDIS_URL: url, REDIS_CONNECT_TIMEOUT_MS: '300' };
  return faults(await diagnose(settings, new SystemClock(), ['redis']))['redis'];
}

describeWithRedis('the doctor, of a Redis that is asked', () => {
  let redis: RedisServer;
  beforeAll(async () => {
    redis = await RedisServer.start({ password: PASSWORD });
  });
  afterAll(() => redis.stop());

  it(
    'with TLS, and does without, names the other scheme',
    async () => {
      expect(await said(redis.url.replace('redis:', 'rediss:'))).toEqual([
        {
          verdict: 'problem',
          says: expect.stringMatching(/^rediss:\/\/\*\*\*@127\.0\.0\.1:\d+\/0: it answers without TLS only$/),
          settings: ['REDIS_URL'],
          advice: 'Begin it with redis://, or let it speak TLS',
        },
      ]);
    },
    LIMIT_MS,
  );

  it(
    'with a wrong password hears of the password',
    async () => {
      expect(await said(redis.url.replace(PASSWORD, 'swordfish-of-old'))).toMatchObject([
        { says: expect.stringContaining('WRONGPASS') },
      ]);
    },
    LIMIT_MS,
  );

  it(
    'with TLS where nobody listens hears that nobody does',
    async () => {
      expect(await said(`rediss://127.0.0.1:${await freePort()}`)).toMatchObject([
        { says: expect.stringContaining('ECONNREFUSED') },
      ]);
    },
    LIMIT_MS,
  );
});

describeWithCertificates('the doctor, of what speaks TLS, and is asked without,', () => {
  let server: Server;
  let answer: string;
  beforeAll(async () => {
    const folder = mkdtempSync(path.join(tmpdir(), 'parley-scheme-'));
    const [key, cert] = [path.join(folder, 'key.pem'), path.join(folder, 'cert.pem')];
    const made = [
      'req',
      '-x509',
      '-newkey',
      'rsa:2048',
      '-nodes',
      '-keyout',
      key,
      '-out',
      cert,
      '-subj',
      '/CN=localhost',
    ];
    execFileSync(openssl, made, { stdio: 'ignore' });
    const onConnection = (socket: TLSSocket): void => {
      socket.on('error', () => undefined);
      socket.on('data', () => socket.end(answer));
    };
    server = createServer({ key: readFileSync(key), cert: readFileSync(cert) }, onConnection);
    rmSync(folder, { recursive: true });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  });
  afterAll(() => new Promise((resolve) => server.close(resolve)));

  const url = (): string => `redis://127.0.0.1:${(server.address() as AddressInfo).port}`;

  it(
    'names the other scheme, if it is a Redis',
    async () => {
      answer = '-NOAUTH Authentication required.\r\n';
      expect(await said(url())).toMatchObject([
        { says: expect.stringMatching(/: it answers with TLS only$/), advice: 'Begin it with rediss://' },
      ]);
    },
    LIMIT_MS,
  );

  it(
    'does not, if it is something else',
    async () => {
      answer = 'HTTP/1.1 400 Bad Request\r\n\r\n';
      expect(await said(url())).toMatchObject([{ says: expect.stringContaining('the connection was closed') }]);
    },
    LIMIT_MS,
  );
});
