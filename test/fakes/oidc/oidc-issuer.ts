import { type CryptoKey, type JWTPayload, SignJWT, exportJWK, generateKeyPair } from 'jose';
import { type Server, createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

interface SigningKey {
  readonly kid: string;
  readonly alg: string;
  readonly privateKey: CryptoKey;
  readonly publicKey: CryptoKey;
}

/** An OpenID Connect issuer on loopback: its configuration, its public keys, and tokens signed with them. */
export class OidcIssuer {
  /** Paths that were asked for. */
  readonly requests: string[] = [];
  /** What it does instead of answering properly. */
  fault: 'none' | 'garbage' | 500 | 'hangs' = 'none';
  private readonly keys: SigningKey[] = [];

  readonly url: string;

  private constructor(private readonly server: Server) {
    this.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/tenant`;
    server.on('request', (request, response) => {
      this.requests.push(request.url!);
      if (this.fault === 'hangs') return;
      if (this.fault === 500) {
        response.writeHead(500).end();
        return;
      }
      if (this.fault === 'garbage') {
        response.end('<html>');
        return;
      }
      void this.answer(request.url!).then((body) =>
        body
          ? response.setHeader('content-type', 'application/json').end(JSON.stringify(body))
          : response.writeHead(404).end(),
      );
    });
  }

  static async start(): Promise<OidcIssuer> {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const issuer = new OidcIssuer(server);
    await issuer.rotate();
    return issuer;
  }

  /** From now on it signs with a new key; the ones before stay published. */
  async rotate(alg = 'RS256'): Promise<void> {
    const { privateKey, publicKey } = await generateKeyPair(alg);
    this.keys.push({ kid: `key-${this.keys.length}`, alg, privateKey, publicKey });
  }

  /** @param header replaces what a proper token would say. */
  async token(claims: JWTPayload = {}, expires: string | number = '5m', header = {}): Promise<string> {
    const { kid, alg, privateKey } = this.keys.at(-1)!;
    const { iss = this.url, aud = 'parley', ...rest } = claims;
    return new SignJWT({ sub: 'someone', tid: 'acme', roles: ['Parley.Caller'], iss, aud, ...rest })
      .setProtectedHeader({ alg, kid, ...header })
      .setIssuedAt()
      .setExpirationTime(expires)
      .sign(privateKey);
  }

  async stop(): Promise<void> {
    this.server.closeAllConnections();
    await new Promise((resolve) => this.server.close(resolve));
  }

  private async answer(path: string): Promise<unknown> {
    if (path === '/tenant/.well-known/openid-configuration') return { issuer: this.url, jwks_uri: `${this.url}/keys` };
    if (path !== '/tenant/keys') return undefined;
    const keys = this.keys.map(async ({ kid, alg, publicKey }) => ({
      ...(await exportJWK(publicKey)),
      kid,
      alg,
      use: 'sig',
    }));
    return { keys: await Promise.all(keys) };
  }
}
