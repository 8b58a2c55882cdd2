import { JwtVerifier } from '../../../auth/jwt-verifier.js';
import { AcsConfig } from '../../../config/acs.config.js';
import { AuthConfig } from '../../../config/auth.config.js';
import type { Deployment } from '../deployment.js';
import { notDone } from '../examine.js';
import { type Check, ok, problem, say } from '../finding.js';
import { reasonOf } from '../../../kernel/reasons.js';

const LIMIT_MS = 8000;

interface Issuer {
  readonly issuer: string;
  readonly audiences: readonly string[];
  readonly jwksUrl: string;
  readonly settings: readonly string[];
}

/** The public keys of whoever signs tokens that we take are fetched. */
export function issuerChecks(deployment: Deployment): Check[] {
  return [...checksOf('token issuer', ofTokens, deployment), ...checksOf('acs token issuer', ofCalls, deployment)];
}

function ofTokens(deployment: Deployment): Issuer | undefined {
  const { oidcIssuer, oidcAudience, oidcJwksUrl } = deployment.section(AuthConfig);
  if (oidcIssuer === '') return undefined;
  const settings = oidcJwksUrl === '' ? ['OIDC_ISSUER'] : ['OIDC_JWKS_URL'];
  return { issuer: oidcIssuer, audiences: oidcAudience, jwksUrl: oidcJwksUrl, settings };
}

function ofCalls(deployment: Deployment): Issuer | undefined {
  const acs = deployment.section(AcsConfig);
  if (acs.resourceId === '' || (acs.connectionString === '' && acs.endpoint === '')) return undefined;
  const settings = ['ACS_JWKS_URL', 'ACS_JWT_ISSUER'];
  return { issuer: acs.jwtIssuer, audiences: [acs.resourceId], jwksUrl: acs.jwksUrl, settings };
}

/** Where one issuer's settings are not valid, the other one is looked at all the same. */
function checksOf(
  about: string,
  read: (deployment: Deployment) => Issuer | undefined,
  deployment: Deployment,
): Check[] {
  try {
    const issuer = read(deployment);
    return issuer ? [{ about, ...checkOf(issuer, deployment) }] : [];
  } catch (error) {
    return [{ about, settings: [], limitMs: LIMIT_MS, examine: () => [notDone(error, { settings: [] })] }];
  }
}

function checkOf(issuer: Issuer, deployment: Deployment): Omit<Check, 'about'> {
  return {
    settings: issuer.settings,
    limitMs: LIMIT_MS,
    examine: async () => {
      try {
        await new JwtVerifier(issuer, deployment.clock).check();
        return [ok(say`${new URL(issuer.issuer).host}: its public keys were fetched`)];
      } catch (error) {
        const cause = error instanceof Error && error.cause !== undefined ? error.cause : error;
        return [
          problem(
            say`its public keys cannot be fetched: ${reasonOf(cause)}`,
            issuer.settings,
            'Give the issuer exactly as it stands in `iss`, and let this machine reach it; until then tokens are refused with 503',
          ),
        ];
      }
    },
  };
}
