import { Injectable } from '@nestjs/common';
import { createHash, timingSafeEqual } from 'node:crypto';
import { ServerConfig } from '../config/server.config.js';

/** Compares credentials with AUTH_TOKENS, in constant time. Without tokens everybody may in, except in production. */
@Injectable()
export class TokenCheck {
  private readonly hashes: readonly Buffer[];

  constructor(private readonly config: ServerConfig) {
    this.hashes = config.authTokens.map(hash);
  }

  /** False when everybody may in. */
  get asksForToken(): boolean {
    return this.hashes.length > 0 || this.config.environment === 'production';
  }

  /** @param authorization the header @param token the query parameter, for clients that cannot set headers. */
  allows(authorization: string | undefined, token: string | null | undefined): boolean {
    if (!this.asksForToken) return true;
    const bearer = /^Bearer (.+)$/i.exec(authorization ?? '')?.[1];
    const given = hash(bearer ?? token ?? '');
    return this.hashes.some((expected) => timingSafeEqual(expected, given));
  }
}

function hash(token: string): Buffer {
  return createHash('sha256').update(token).digest();
}
