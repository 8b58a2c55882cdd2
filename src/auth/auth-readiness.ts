import { Injectable } from '@nestjs/common';
import { Readiness, type ReadinessCheck } from '../lifecycle/readiness-check.js';
import { Authenticator } from './authenticator.js';
import { CredentialSources } from './credential-sources.js';

/** Shows who may in, and how: outside production, no credential at all is a choice and no fault. */
@Injectable()
@Readiness({ name: 'auth', critical: false, timeoutMs: 3000, cacheMs: 2000 })
export class AuthReadiness implements ReadinessCheck {
  constructor(
    private readonly sources: CredentialSources,
    private readonly authenticator: Authenticator,
  ) {}

  async check(): Promise<Record<string, unknown>> {
    const { tokens, apiKeys, oidc } = this.sources;
    await oidc?.check();
    return {
      required: this.authenticator.asksForCredential,
      tokens: tokens.length,
      api_keys: apiKeys?.size ?? 0,
      oidc: oidc !== undefined,
    };
  }
}
