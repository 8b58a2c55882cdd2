import { Injectable } from '@nestjs/common';
import { createHash, randomBytes } from 'node:crypto';
import { AuthConfig } from '../config/auth.config.js';
import { KeyValueStore } from '../state/store/key-value-store.js';
import { type Principal, credentialOf } from './principal.js';

const PREFIX = 'bt_';

export interface BrowserToken {
  readonly token: string;
  readonly expiresInMs: number;
}

/** Credentials for one call, made for a page that must not know a longer-lived one. Valid on every replica. */
@Injectable()
export class BrowserTokens {
  constructor(
    private readonly store: KeyValueStore,
    private readonly config: AuthConfig,
  ) {}

  /** @param subject whom the page is for, for the log. Rejects with `state_unavailable`. */
  async create(maker: Principal, subject: string): Promise<BrowserToken> {
    const token = PREFIX + randomBytes(32).toString('base64url');
    const principal: Principal = { subject, tenant: maker.tenant, role: 'caller', via: `token:${credentialOf(maker)}` };
    await this.store.set(keyOf(token), JSON.stringify(principal), this.config.browserTokenTtlMs);
    return { token, expiresInMs: this.config.browserTokenTtlMs };
  }

  /** Who may call with it, the first time it is asked for. Rejects with `state_unavailable`. */
  async redeem(credential: string): Promise<Principal | undefined> {
    if (!credential.startsWith(PREFIX)) return undefined;
    const kept = await this.store.take(keyOf(credential));
    return kept === undefined ? undefined : (JSON.parse(kept) as Principal);
  }
}

/** The store does not get to know the token either. */
function keyOf(token: string): string {
  return `browser-token:${createHash('sha256').update(token).digest('hex')}`;
}
