import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { type Server, createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';

export const TENANT = '11111111-1111-1111-1111-111111111111';
export const CLIENT = { id: 'parley', secret: 'client-secret-that-nobody-may-see' };

const openssl = process.env['OPENSSL_PATH'] ?? 'openssl';

/** The token endpoint of Entra ID, for clients with a secret, on loopback; over TLS, as the library takes no others. */
export class FakeEntra {
  /** Tokens it has given, in order. */
  readonly tokens: string[] = [];
  readonly scopes: string[] = [];

  private constructor(
    private readonly server: Server,
    /** Of its certificate's authority, which nobody else trusts. */
    readonly ca: string,
  ) {
    server.on('request', (request, response) => {
      const send = (status: number, body: unknown): void => {
        response.writeHead(status, { 'content-type': 'application/json' });
        response.end(JSON.stringify(body));
      };
      const { pathname } = new URL(request.url ?? '/', this.url);
      const chunks: Buffer[] = [];
      request.on('data', (chunk: Buffer) => chunks.push(chunk));
      request.on('end', () => {
        if (pathname === `/${TENANT}/v2.0/.well-known/openid-configuration`) send(200, this.configuration());
        else if (pathname === `/${TENANT}/oauth2/v2.0/token`)
          this.giveToken(new URLSearchParams(Buffer.concat(chunks).toString()), send);
        else send(404, { error: 'not_found' });
      });
    });
  }

  static async start(): Promise<FakeEntra> {
    const folder = mkdtempSync(path.join(tmpdir(), 'parley-entra-'));
    const [key, cert] = [path.join(folder, 'key.pem'), path.join(folder, 'cert.pem')];
    const subject = ['-subj', '/CN=localhost', '-addext', 'subjectAltName=DNS:localhost'];
    const files = ['-keyout', key, '-out', cert, '-days', '1', '-nodes'];
    execFileSync(openssl, ['req', '-x509', '-newkey', 'rsa:2048', ...files, ...subject], { stdio: 'ignore' });
    const ca = readFileSync(cert, 'utf8');
    const server = createServer({ key: readFileSync(key), cert: ca });
    rmSync(folder, { recursive: true });
    await new Promise<void>((resolve) => server.listen(0, 'localhost', resolve));
    return new FakeEntra(server, ca);
  }

  get url(): string {
    return `https://localhost:${(this.server.address() as AddressInfo).port}`;
  }

  async stop(): Promise<void> {
    this.server.closeAllConnections();
    await new Promise((resolve) => this.server.close(resolve));
  }

  private configuration(): object {
    return {
      issuer: `${this.url}/${TENANT}/v2.0`,
      authorization_endpoint: `${this.url}/${TENANT}/oauth2/v2.0/authorize`,
      token_endpoint: `${this.url}/${TENANT}/oauth2/v2.0/token`,
      jwks_uri: `${this.url}/${TENANT}/discovery/v2.0/keys`,
    };
  }

  private giveToken(form: URLSearchParams, send: (status: number, body: unknown) => void): void {
    if (form.get('grant_type') !== 'client_credentials')
      return send(400, { error: 'unsupported_grant_type', error_description: 'AADSTS70003' });
    if (form.get('client_id') !== CLIENT.id || form.get('client_secret') !== CLIENT.secret) {
      const description = `AADSTS7000215: Invalid client secret provided: ${form.get('client_secret')}`;
      return send(401, { error: 'invalid_client', error_description: description });
    }
    const token = `token-${this.tokens.length + 1}`;
    this.tokens.push(token);
    this.scopes.push(form.get('scope') ?? '');
    send(200, { token_type: 'Bearer', expires_in: 3600, ext_expires_in: 3600, access_token: token });
  }
}
