import { JwtVerifier } from '../../../auth/jwt-verifier.js';
import { AcsConfig } from '../../../config/acs.config.js';
import { AuthConfig } from '../../../config/auth.config.js';
import type { Deployment } from '../deployment.js';
import { type Check, ok, problem } from '../finding.js';
import { reasonOf } from '../reasons.js';

const LIMIT_MS = 8000;

interface Issuer {
  readonly about: string;
  readonly issuer: string;
  readonly audiences: readonly string[];
  readonly jwksUrl: string;
  readonly settings: readonly string[];
}

/** The public keys of whoever signs tokens that we take are fetched. */
export function issuerChecks(deployment: Deployment): Check[] {
  const { oidcIssuer, oidcAudience, oidcJwksUrl } = deployment.section(AuthConfig);
  const acs = deployment.section(AcsConfig);
  const issuers: Issuer[] = [];
  if (oidcIssuer !== '')
    issuers.push({
      about: 'token issuer',
      issuer: oidcIssuer,
      audiences: oidcAudience,
      jwksUrl: oidcJwksUrl,
      settings: oidcJwksUrl === '' ? ['OIDC_ISSUER'] : ['OIDC_JWKS_URL'],
    });
  if (acs.resourceId !== '' && (acs.connectionString !== '' || acs.endpoint !== ''))
    issuers.push({
      about: 'acs token issuer',
      issuer: acs.jwtIssuer,
      audiences: [acs.resourceId],
      jwksUrl: acs.jwksUrl,
      settings: ['ACS_JWKS_URL', 'ACS_JWT_ISSUER'],
    });
  return issuers.map((issuer) => ({
    about: issuer.about,
    settings: issuer.settings,
    limitMs: LIMIT_MS,
    examine: async () => {
      try {
        await new JwtVerifier(issuer, deployment.clock).check();
        return [ok(`${new URL(issuer.issuer).host}: its public keys were fetched`)];
      } catch (error) {
        const cause = error instanceof Error && error.cause !== undefined ? error.cause : error;
        return [
          problem(
            `its public keys cannot be fetched: ${reasonOf(cause)}`,
            issuer.settings,
            'Give the issuer exactly as it stands in `iss`, and let this machine reach it; until then tokens are refused with 503',
          ),
        ];
      }
    },
  }));
}
