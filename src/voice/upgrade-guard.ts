import { Injectable } from '@nestjs/common';
import type { IncomingMessage } from 'node:http';
import { Authenticator } from '../auth/authenticator.js';
import { isOurName, mayCome, strangeHost } from '../auth/origins.js';
import type { Principal } from '../auth/principal.js';
import { ServerConfig } from '../config/server.config.js';
import { ParleyError } from '../kernel/errors.js';
import { DrainState } from '../lifecycle/drain-state.js';
import { AttemptLimit } from './attempt-limit.js';
import { CallQuota } from './call-quota.js';
import type { Refusal } from './upgrade-policy.js';

/** What a WebSocket route checks first: rate, credentials, origin, whether calls are taken at all, and what the tenant may. */
@Injectable()
export class UpgradeGuard {
  constructor(
    private readonly config: ServerConfig,
    private readonly authenticator: Authenticator,
    private readonly drain: DrainState,
    private readonly attempts: AttemptLimit,
    private readonly quota: CallQuota,
  ) {}

  /**
   * Who is asking, or the reason to refuse.
   * @param comesBack whether this is no new call, but one whose connection was lost: neither limits of attempts nor of new
   * calls are for those. Undefined where it cannot be one.
   */
  async check(
    request: IncomingMessage,
    url: URL,
    comesBack?: (caller: Principal) => Promise<boolean>,
  ): Promise<Principal | Refusal> {
    // Before the credentials: a wrong one is an attempt too.
    const tooMany = comesBack ? undefined : this.attempts.count(request);
    if (tooMany) return tooMany;
    const isOpen = !this.authenticator.asksForCredential;
    if (isOpen && !isOurName(request.headers.host, this.config))
      return { status: 403, code: 'forbidden', message: strangeHost };
    if (!mayCome(request.headers, this.config, this.config.allowedOrigins, isOpen))
      return { status: 403, code: 'forbidden', message: 'This origin may not open calls' };
    // Before a credential that can be used only once is.
    const closed = this.closedToCalls();
    if (closed) return closed;
    const caller = (await this.identify(request, url)) ?? unauthorized;
    const isBack = !('status' in caller) && (await comesBack?.(caller)) === true;
    // Whether credential or token was wrong, who guesses is not told.
    const guessed = comesBack && !isBack ? this.attempts.count(request) : undefined;
    if (guessed) return guessed;
    if ('status' in caller) return caller;
    return (await (isBack ? this.quota.spentBy(caller.tenant) : this.quota.refusalOf(caller))) ?? caller;
  }

  private async identify(request: IncomingMessage, url: URL): Promise<Principal | Refusal | undefined> {
    try {
      return await this.authenticator.identify(request.headers.authorization, url.searchParams.get('token'));
    } catch (error) {
      if (!(error instanceof ParleyError)) throw error;
      return {
        status: 503,
        code: error.code,
        message: 'Credentials cannot be checked at the moment',
        retryAfterSeconds: 5,
      };
    }
  }

  /** Why nobody may open a call at the moment, whoever it is; for every route. */
  closedToCalls(): Refusal | undefined {
    if (this.drain.draining) {
      return {
        status: 503,
        code: 'draining',
        message: 'The server is restarting, please try again',
        retryAfterSeconds: 5,
      };
    }
    return undefined;
  }
}

const unauthorized: Refusal = {
  status: 401,
  code: 'unauthorized',
  message: 'A valid credential is needed: "Authorization: Bearer …" or "?token=…"',
};
