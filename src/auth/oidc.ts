import { Logger } from '@nestjs/common';
import type { AuthConfig } from '../config/auth.config.js';
import type { Clock } from '../kernel/clock.js';
import { JwtVerifier } from './jwt-verifier.js';
import { type Principal, type Role, roles } from './principal.js';

const JWT = /^eyJ[\w-]*\.[\w-]+\.[\w-]+$/;
const TENANT = /^[\w-]{1,64}$/;

/** JSON Web Tokens of one OpenID Connect issuer as credentials: who, for which tenant and in which role is in their claims. */
export class Oidc {
  private readonly logger = new Logger('Auth');
  private readonly verifier: JwtVerifier;

  constructor(
    private readonly config: AuthConfig,
    clock: Clock,
  ) {
    const { oidcIssuer, oidcAudience, oidcJwksUrl } = config;
    this.verifier = new JwtVerifier({ issuer: oidcIssuer, audiences: oidcAudience, jwksUrl: oidcJwksUrl }, clock);
  }

  /** Rejects while the issuer's keys cannot be fetched. */
  check(): Promise<void> {
    return this.verifier.check();
  }

  /** Rejects with `auth_unavailable` when the issuer's keys cannot be fetched. */
  async identify(credential: string): Promise<Principal | undefined> {
    if (!JWT.test(credential)) return undefined;
    const claims = await this.verifier.verify(credential);
    if (!claims) return undefined;
    const tenant = claims[this.config.oidcTenantClaim];
    const role = highestRole(claims[this.config.oidcRolesClaim]);
    if (typeof tenant !== 'string' || !TENANT.test(tenant) || !role) {
      this.logger.debug(
        `A valid token was refused: its "${this.config.oidcTenantClaim}" or "${this.config.oidcRolesClaim}" does not fit`,
      );
      return undefined;
    }
    return { subject: claims.sub ?? 'unknown', tenant, role, via: 'oidc' };
  }
}

function highestRole(claim: unknown): Role | undefined {
  const given = [claim].flat().map((name) =>
    String(name)
      .toLowerCase()
      .replace(/^parley\./, ''),
  );
  return roles.toReversed().find((role) => given.includes(role));
}
