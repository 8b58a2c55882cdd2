import { HttpException, HttpStatus, Injectable } from '@nestjs/common';
import type { Request } from 'express';
import { Authenticator } from '../auth/authenticator.js';
import { hasRole } from '../auth/principal.js';
import { RateWindows } from '../auth/rate-windows.js';
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
    { trustProxy }: ServerConfig,
    clock: Clock,
  ) {
    this.windows = new RateWindows(MOST_A_MINUTE, clock);
    this.proxies = new TrustedProxies(trustProxy);
  }

  /** Whether the details are for who asks. Throws 429 if somebody who is not known asks too often. */
  async maySeeDetails(request: Request): Promise<boolean> {
    if (!this.authenticator.asksForCredential || (await this.isOperator(request))) return true;
    if (this.windows.count(this.proxies.clientOf(request) ?? 'unknown') !== undefined)
      throw new HttpException('Too many requests, please try again later', HttpStatus.TOO_MANY_REQUESTS);
    return false;
  }

  private async isOperator(request: Request): Promise<boolean> {
    const { authorization } = request.headers;
    const token = typeof request.query['token'] === 'string' ? request.query['token'] : undefined;
    // Who has guessed too often is not told whether this one was right.
    if ((authorization === undefined && token === undefined) || this.attempts.exhausted(request)) return false;
    try {
      const principal = await this.authenticator.identify(authorization, token);
      if (!principal) this.attempts.count(request);
      return principal !== undefined && hasRole(principal, 'operator');
    } catch (error) {
      // How the server is doing is told most of all while credentials cannot be checked.
      if (error instanceof ParleyError) return false;
      throw error;
    }
  }
}
