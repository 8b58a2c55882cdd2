import { afterAll, afterEach, beforeAll, expect, it } from '@jest/globals';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync } from 'node:fs';
import { type Server, createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { getCACertificates, setDefaultCACertificates } from 'node:tls';
import { certificateChecks } from '../../src/cli/doctor/checks/certificates.js';
import { Deployment } from '../../src/cli/doctor/deployment.js';
import { examine } from '../../src/cli/doctor/examine.js';
import { type Finding, maskedWords } from '../../src/cli/doctor/finding.js';
import { loadConfig } from '../../src/config/load.js';
import { type Clock, SystemClock } from '../../src/kernel/clock.js';
import { describeWithCertificates } from '../support/certificates.js';

const DAY_MS = 86_400_000;
const openssl = process.env['OPENSSL_PATH'] ?? 'openssl';

/** The system's, with another idea of what day it is. */
class WrongClock extends SystemClock {
  constructor(private readonly aheadMs: number) {
    super();
  }

  override wallTime(): number {
    return super.wallTime() + this.aheadMs;
  }
}

describeWithCertificates('a certificate', () => {
  const trusted = getCACertificates('default');
  let server: Server;
  let certificate: string;
  beforeAll(async () => {
    const folder = mkdtempSync(path.join(tmpdir(), 'parley-certificate-'));
    const [key, cert] = [path.join(folder, 'key.pem'), path.join(folder, 'cert.pem')];
    const of = ['-subj', '/CN=localhost', '-addext', 'subjectAltName=DNS:localhost', '-days', '40'];
    const made = ['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-keyout', key, '-out', cert, ...of];
    execFileSync(openssl, made, { stdio: 'ignore' });
    certificate = readFileSync(cert, 'utf8');
    server = createServer({ key: readFileSync(key), cert: certificate }, (_, response) =>
      response.writeHead(404).end(),
    );
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  });
  afterEach(() => setDefaultCACertificates(trusted));
  afterAll(() => new Promise((resolve) => server.close(resolve)));

  async function findings(clock: Clock = new SystemClock()): Promise<readonly Finding<string>[]> {
    const { port } = server.address() as AddressInfo;
    const deployment = new Deployment(loadConfig({ PUBLIC_URL: `https://localhost:${port}` }), clock);
    const [examined] = await examine(certificateChecks(deployment), clock);
    return examined!.findings.map((finding) => ({ ...finding, says: maskedWords(finding.says, (text) => text) }));
  }

  it('that nobody here knows the maker of is a problem', async () => {
    const [finding] = await findings();
    expect(finding).toMatchObject({ verdict: 'problem', settings: ['PUBLIC_URL'] });
    expect(finding!.says).toContain('it is not trusted: its certificate is self-signed');
    expect(finding!.advice).toContain('NODE_EXTRA_CA_CERTS');
  });

  it('that is good says for how long', async () => {
    setDefaultCACertificates([...trusted, certificate]);
    expect(await findings()).toEqual([{ verdict: 'ok', says: 'it is good for 39 more days' }]);
  });

  it('that ends soon is a warning, and who keeps it shows that our clock is wrong', async () => {
    setDefaultCACertificates([...trusted, certificate]);
    const found = await findings(new WrongClock(30 * DAY_MS));
    expect(found).toMatchObject([
      { verdict: 'warning', says: 'it is good for 9 more days', advice: 'Have it renewed' },
      { verdict: 'problem', says: expect.stringContaining('ahead of that of localhost') },
    ]);
  });
});
