import { Injectable, UnauthorizedException } from '@nestjs/common';
import type { Request } from 'express';
import { Authenticator } from '../auth/authenticator.js';
import { isOurName } from '../auth/origins.js';
import { hasRole } from '../auth/principal.js';
import { RateWindows } from '../auth/rate-windows.js';
import { TooManyRequests } from '../auth/too-many-requests.js';
import { TrustedProxies } from '../auth/trusted-proxies.js';
import { ServerConfig } from '../config/server.config.js';
import { Clock } from '../kernel/clock.js';
import { ParleyError } from '../kernel/errors.js';
import { AttemptLimit } from '../voice/attempt-limit.js';

/** More often than any balancer asks. */
const MOST_A_MINUTE = 300;

/** Who looks at how the server is doing. Anybody may know whether it is well; names, errors and figures are for operators. */
@Injectable()
export class Onlookers {
  private readonly windows: RateWindows;
  private readonly proxies: TrustedProxies;

  constructor(
    private readonly authenticator: Authenticator,
    private readonly attempts: AttemptLimit,
    private readonly server: ServerConfig,
    clock: Clock,
  ) {
    this.windows = new RateWindows(MOST_A_MINUTE, clock);
    this.proxies = new TrustedProxies(server.trustProxy);
  }

  /**
   * Whether the details are for who asks: not without a credential, where there are any. Throws 401 for a wrong one, and 429
   * if too many were wrong.
   */
  async maySeeDetails(request: Request): Promise<boolean> {
    const { authorization, host } = request.headers;
    if (!this.authenticator.asksForCredential) return isOurName(host, this.server);
    const token = typeof request.query['token'] === 'string' ? request.query['token'] : undefined;
    if (!authorization && !token) return false;
    // Who has guessed too often is not told whether this one was right.
    const tooMany = this.attempts.exhausted(request);
    if (tooMany) throw new TooManyRequests(tooMany);
    const principal = await this.identify(authorization, token);
    if (principal === 'unknown') return false;
    if (principal) return hasRole(principal, 'operator');
    this.attempts.count(request);
    throw new UnauthorizedException('The credential is not valid; without one, only the status is shown');
  }

  /** The same for what costs something to be told. Throws 429 if somebody who is not to see details asks too often. */
  async maySeeDetailsOfMany(request: Request): Promise<boolean> {
    if (await this.maySeeDetails(request)) return true;
    const leftMs = this.windows.count(this.proxies.networkOf(request));
    if (leftMs === undefined) return false;
    throw new TooManyRequests({
      message: 'Too many requests, please try again later',
      retryAfterSeconds: Math.max(1, Math.ceil(leftMs / 1000)),
    });
  }

  /** How the server is doing is told most of all while credentials cannot be checked. */
  private async identify(authorization: string | undefined, token: string | undefined) {
    try {
      return await this.authenticator.identify(authorization, token);
    } catch (error) {
      if (error instanceof ParleyError) return 'unknown';
      throw error;
    }
  }
}
