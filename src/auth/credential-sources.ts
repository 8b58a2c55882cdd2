import { Injectable } from '@nestjs/common';
import { AuthConfig } from '../config/auth.config.js';
import { Clock } from '../kernel/clock.js';
import { ApiKeys } from './api-keys.js';
import { BrowserTokens } from './browser-tokens.js';
import { Oidc } from './oidc.js';

/** All that may vouch for somebody, as configured. */
@Injectable()
export class CredentialSources {
  readonly tokens: readonly string[];
  readonly apiKeys: ApiKeys | undefined;
  readonly oidc: Oidc | undefined;

  /** Throws `config_invalid` when the file of API keys cannot be read. */
  constructor(
    config: AuthConfig,
    readonly browserTokens: BrowserTokens,
    clock: Clock,
  ) {
    this.tokens = config.tokens;
    this.apiKeys = config.keysFile ? new ApiKeys(config.keysFile, clock) : undefined;
    this.oidc = config.oidcIssuer ? new Oidc(config, clock) : undefined;
  }

  /** Whether anybody can have a credential at all. */
  get exist(): boolean {
    return this.tokens.length > 0 || this.apiKeys !== undefined || this.oidc !== undefined;
  }
}
