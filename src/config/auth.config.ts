import { address, configOf, int, list, secret, setting, text } from './setting.js';

export class AuthConfig extends configOf('auth', {
  tokens: secret(
    'AUTH_TOKENS',
    list(),
    'Bearer tokens that may do everything, as tenant `default`: the simplest way in. Production refuses tokens of less than 16 characters.',
  ),
  keysFile: setting(
    'API_KEYS_FILE',
    text(),
    'YAML file of API keys, hashed, each with its tenant and role; `npm run keys -- --help` makes them. It is read again when it changes. Empty: no API keys.',
  ),
  oidcIssuer: setting(
    'OIDC_ISSUER',
    address(),
    'Issuer of JSON Web Tokens that are taken as credentials, exactly as in their `iss`, such as `https://login.microsoftonline.com/<tenant>/v2.0`. Empty: none are.',
  ),
  oidcAudience: setting(
    'OIDC_AUDIENCE',
    list(),
    'Audiences (`aud`) of which a token must name one. Needed with OIDC_ISSUER.',
  ),
  oidcJwksUrl: setting(
    'OIDC_JWKS_URL',
    address(),
    "Where the issuer's public keys are. Empty: where its `/.well-known/openid-configuration` says.",
  ),
  oidcTenantClaim: setting(
    'OIDC_TENANT_CLAIM',
    text().min(1),
    'Claim that names the tenant. A token without it is refused.',
  ),
  oidcRolesClaim: setting(
    'OIDC_ROLES_CLAIM',
    text().min(1),
    'Claim that lists roles: `caller`, `integrator`, `operator`, `admin`, also as `Parley.Caller` and so on; the highest counts. A token without any is refused.',
  ),
  browserTokenTtlMs: setting(
    'BROWSER_TOKEN_TTL_MS',
    int(1000, 600_000),
    'How long a single-use browser token (`POST /api/v1/tokens`) may be used.',
  ),
}) {}
