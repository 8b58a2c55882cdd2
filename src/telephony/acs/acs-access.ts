import { Injectable, Logger, type OnApplicationBootstrap } from '@nestjs/common';
import { createHash, timingSafeEqual } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { JwtVerifier } from '../../auth/jwt-verifier.js';
import { AcsConfig } from '../../config/acs.config.js';
import { ServerConfig } from '../../config/server.config.js';
import { Clock } from '../../kernel/clock.js';
import { ParleyError } from '../../kernel/errors.js';
import { AttemptLimit } from '../../voice/attempt-limit.js';
import type { Refusal } from '../../voice/upgrade-policy.js';

const nothingHere: Refusal = { status: 404, code: 'not_found', message: 'There is nothing at this path' };
const notTheService: Refusal = {
  status: 401,
  code: 'unauthorized',
  message: 'A token of Azure Communication Services is needed',
};

/** Who may use the routes of Azure Communication Services: the service, by its tokens, and Event Grid, by its secret. */
@Injectable()
export class AcsAccess implements OnApplicationBootstrap {
  private readonly logger = new Logger('Acs');
  private readonly verifier: JwtVerifier | undefined;

  constructor(
    private readonly config: AcsConfig,
    private readonly server: ServerConfig,
    private readonly attempts: AttemptLimit,
    clock: Clock,
  ) {
    const { resourceId, jwtIssuer, jwksUrl } = config;
    if (resourceId) this.verifier = new JwtVerifier({ issuer: jwtIssuer, audiences: [resourceId], jwksUrl }, clock);
  }

  get enabled(): boolean {
    return this.config.connectionString !== '' || this.config.endpoint !== '';
  }

  onApplicationBootstrap(): void {
    if (!this.enabled) return;
    if (!this.server.publicUrl)
      this.logger.warn(
        'PUBLIC_URL is not set: Azure Communication Services is told to call back where requests came to',
      );
    if (!this.verifier)
      this.logger.warn('ACS_RESOURCE_ID is not set: whoever calls back is believed. In production ACS would be off.');
    else this.logger.log('Calls of Azure Communication Services are taken; its tokens are checked');
  }

  /** The reason to refuse somebody who should be the service, if there is one. */
  async checkService(request: IncomingMessage): Promise<Refusal | undefined> {
    if (!this.enabled) return nothingHere;
    // The service sends none, and a page in somebody's browser has no business here.
    if (request.headers.origin !== undefined)
      return { status: 403, code: 'forbidden', message: 'Browsers may not use this path' };
    if (!this.verifier) return undefined;
    const token = /^Bearer (.+)$/i.exec(request.headers.authorization ?? '')?.[1];
    try {
      if (token && (await this.verifier.verify(token))) return undefined;
    } catch (error) {
      if (!(error instanceof ParleyError)) throw error;
      return { status: 503, code: error.code, message: 'Tokens cannot be checked at the moment', retryAfterSeconds: 5 };
    }
    return this.attempts.count(request) ?? notTheService;
  }

  /** The same for Event Grid. @param code as the request gives it. */
  checkEvents(request: IncomingMessage, code: unknown): Refusal | undefined {
    if (!this.enabled) return nothingHere;
    const { eventSecret } = this.config;
    if (eventSecret === '' && this.server.environment !== 'production') return undefined;
    if (eventSecret !== '' && typeof code === 'string' && timingSafeEqual(hash(code), hash(eventSecret)))
      return undefined;
    return this.attempts.count(request) ?? { status: 401, code: 'unauthorized', message: 'The right "code" is needed' };
  }
}

function hash(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}
