import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { SignJWT } from 'jose';
import { Oidc } from '../../src/auth/oidc.js';
import { AuthConfig } from '../../src/config/auth.config.js';
import { ManualClock } from '../../src/kernel/clock.js';
import { OidcIssuer } from '../fakes/oidc/oidc-issuer.js';

let issuer: OidcIssuer;
let clock: ManualClock;
beforeEach(async () => {
  // Tokens are signed with the time of the system.
  clock = new ManualClock(Date.now());
  issuer = await OidcIssuer.start();
});
afterEach(() => issuer.stop());

function oidc(settings: Partial<AuthConfig> = {}): Oidc {
  const config = Object.assign(new AuthConfig(), {
    oidcIssuer: issuer.url,
    oidcAudience: ['parley', 'api://parley'],
    oidcJwksUrl: '',
    oidcTenantClaim: 'tid',
    oidcRolesClaim: 'roles',
    ...settings,
  });
  return new Oidc(config, clock);
}

describe('tokens of an OpenID Connect issuer', () => {
  it('say who it is, for whom, and what they may', async () => {
    const known = oidc();
    const token = await issuer.token({ sub: 'ann', tid: 'acme', roles: ['Parley.Caller', 'parley.Operator', 'other'] });
    expect(await known.identify(token)).toEqual({ subject: 'ann', tenant: 'acme', role: 'operator', via: 'oidc' });
    const other = await issuer.token({ aud: ['x', 'api://parley'], roles: 'admin' });
    expect(await known.identify(other)).toMatchObject({ role: 'admin' });
    expect(issuer.requests).toEqual(['/tenant/.well-known/openid-configuration', '/tenant/keys']);
  });

  it('are taken with claims of other names', async () => {
    const known = oidc({ oidcTenantClaim: 'org', oidcRolesClaim: 'https://parley/roles' });
    const token = await issuer.token({ org: 'northwind', 'https://parley/roles': ['integrator'] });
    expect(await known.identify(token)).toMatchObject({ tenant: 'northwind', role: 'integrator' });
  });

  it('are signed with a key that was not known before', async () => {
    const known = oidc({ oidcJwksUrl: `${issuer.url}/keys` });
    expect(await known.identify(await issuer.token())).toBeDefined();
    await issuer.stop();
    // Keys are kept: the issuer may be away.
    expect(await known.identify(await issuer.token())).toBeDefined();
    await expect(known.check()).resolves.toBeUndefined();
  });

  it.each<[string, () => Promise<string>]>([
    ['of another issuer', () => issuer.token({ iss: 'https://evil.example.com' })],
    ['for somebody else', () => issuer.token({ aud: 'other' })],
    ['expired', () => issuer.token({}, '-2m')],
    ['without a tenant', () => issuer.token({ tid: undefined })],
    ['with a tenant that is no name', () => issuer.token({ tid: '../acme' })],
    ['without a role', () => issuer.token({ roles: [] })],
    ['with a role that there is not', () => issuer.token({ roles: ['root'] })],
    ['with a key that there is not', () => issuer.token({}, '5m', { kid: 'key-9' })],
    ['changed', async () => tamper(await issuer.token())],
    ['without a signature', async () => unsigned(await issuer.token())],
    ['signed with what is public', () => signedWithPublicText()],
    ['that are none', () => Promise.resolve('eyJhbGciOiJub25lIn0.e30.x')],
  ])('are refused when %s', async (_, make) => {
    const known = oidc();
    expect(await known.identify(await make())).toBeUndefined();
  });

  it('are not looked at when they are no tokens', async () => {
    expect(await oidc().identify('pk_something')).toBeUndefined();
    expect(issuer.requests).toEqual([]);
  });

  it.each(['garbage', 500] as const)('cannot be told when the issuer answers %s, and can again', async (fault) => {
    const known = oidc();
    issuer.fault = fault;
    await expect(known.identify(await issuer.token())).rejects.toMatchObject({
      code: 'auth_unavailable',
      retryable: true,
    });
    await expect(known.check()).rejects.toThrow(/OpenID configuration|keys of the issuer/);
    issuer.fault = 'none';
    await clock.advance(500);
    // Nobody has to come with a token for it to be seen.
    await expect(known.check()).resolves.toBeUndefined();
    expect(await known.identify(await issuer.token())).toBeDefined();
  });

  it('count while the issuer is away, whatever strangers come with', async () => {
    const known = oidc();
    const [ann, stranger] = [await issuer.token(), await issuer.token({}, '5m', { kid: 'nobody-knows' })];
    expect(await known.identify(ann)).toBeDefined();
    issuer.fault = 500;
    await clock.advance(60_000);
    // The library does not ask for a stranger's key within half a minute of the last time, by the system's clock.
    const realNow = Date.now();
    jest.spyOn(Date, 'now').mockImplementation(() => realNow + 60_000);
    const asked = issuer.requests.length;
    for (let i = 0; i < 5; i++)
      await expect(known.identify(stranger)).rejects.toMatchObject({ code: 'auth_unavailable' });
    expect(issuer.requests.length - asked).toBe(1);
    expect(await known.identify(ann)).toBeDefined();
    await clock.advance(3 * 60_000);
    expect(await known.identify(ann)).toBeDefined();
    issuer.fault = 'none';
    expect(await known.identify(stranger)).toBeUndefined();
    jest.restoreAllMocks();
  });

  it('are looked at again every ten minutes, without anybody waiting for it', async () => {
    const known = oidc();
    await known.identify(await issuer.token());
    await clock.advance(600_001);
    const asked = issuer.requests.length;
    issuer.fault = 'hangs';
    expect(await known.identify(await issuer.token({}, '1h'))).toBeDefined();
    expect(issuer.requests.length - asked).toBeLessThanOrEqual(1);
  });

  it('are not taken from where the configuration is of another issuer', async () => {
    const known = oidc({ oidcIssuer: issuer.url.replace('127.0.0.1', 'localhost') });
    await expect(known.identify(await issuer.token())).rejects.toMatchObject({ code: 'auth_unavailable' });
  });
});

function tamper(token: string): string {
  const [header, , signature] = token.split('.');
  const claims = Buffer.from(JSON.stringify({ sub: 'eve', roles: ['admin'], tid: 'acme', exp: 9e9 })).toString(
    'base64url',
  );
  return [header, claims, signature].join('.');
}

function unsigned(token: string): string {
  const header = Buffer.from(JSON.stringify({ alg: 'none' })).toString('base64url');
  return [header, token.split('.')[1], 'x'].join('.');
}

/** The oldest trick: what verifies an RS256 token, used as the secret of an HS256 one. */
function signedWithPublicText(): Promise<string> {
  return new SignJWT({ sub: 'eve', tid: 'acme', roles: ['admin'], iss: issuer.url, aud: 'parley' })
    .setProtectedHeader({ alg: 'HS256', kid: 'key-0' })
    .setExpirationTime('5m')
    .sign(Buffer.from('anything that is public, at least 32 bytes of it'));
}
