import { Injectable } from '@nestjs/common';
import { createHash, timingSafeEqual } from 'node:crypto';
import { ServerConfig } from '../config/server.config.js';
import { CredentialSources } from './credential-sources.js';
import { DEFAULT_TENANT, type Principal } from './principal.js';

/** Says who is asking. Without any source of credentials everybody may do everything, except in production. */
@Injectable()
export class Authenticator {
  private readonly hashes: readonly Buffer[];

  constructor(
    private readonly sources: CredentialSources,
    private readonly config: ServerConfig,
  ) {
    this.hashes = sources.tokens.map(hash);
  }

  /** False when everybody may in. */
  get asksForCredential(): boolean {
    return this.config.environment === 'production' || this.sources.exist;
  }

  /**
   * @param authorization the header @param token the query parameter, for clients that cannot set headers.
   * @returns undefined when nobody is known by that credential.
   * Rejects with `auth_unavailable` or `state_unavailable` when it cannot be told.
   */
  async identify(authorization: string | undefined, token: string | null | undefined): Promise<Principal | undefined> {
    if (!this.asksForCredential) return { subject: 'anonymous', tenant: DEFAULT_TENANT, role: 'admin' };
    const credential = /^Bearer (.+)$/i.exec(authorization ?? '')?.[1] ?? token ?? '';
    if (credential === '') return undefined;
    return (
      this.plain(credential) ??
      this.sources.apiKeys?.identify(credential) ??
      (await this.sources.browserTokens.redeem(credential)) ??
      (await this.sources.oidc?.identify(credential))
    );
  }

  private plain(credential: string): Principal | undefined {
    const given = hash(credential);
    const known = this.hashes.some((expected) => timingSafeEqual(expected, given));
    return known ? { subject: 'token', tenant: DEFAULT_TENANT, role: 'admin' } : undefined;
  }
}

function hash(token: string): Buffer {
  return createHash('sha256').update(token).digest();
}
