import { Injectable, Logger, type OnApplicationBootstrap } from '@nestjs/common';
import type { IncomingMessage } from 'node:http';
import { ServerConfig } from '../../config/server.config.js';
import { TwilioConfig } from '../../config/twilio.config.js';
import { AttemptLimit } from '../../voice/attempt-limit.js';
import type { Refusal } from '../../voice/upgrade-policy.js';
import { type FormParameters, isSigned } from './twilio-signature.js';

/** Who may use the Twilio routes: whoever signs with the account's token. Bearer tokens are nothing that Twilio could send. */
@Injectable()
export class TwilioAccess implements OnApplicationBootstrap {
  private readonly logger = new Logger('Twilio');

  constructor(
    private readonly config: TwilioConfig,
    private readonly server: ServerConfig,
    private readonly attempts: AttemptLimit,
  ) {}

  /** Without a token nobody can be told from Twilio: that is good for trying it out, and for nothing else. */
  get mode(): 'signed' | 'open' | 'off' {
    if (this.config.authTokens.length > 0) return 'signed';
    return this.server.environment === 'production' ? 'off' : 'open';
  }

  onApplicationBootstrap(): void {
    const routes = '/api/v1/twilio/voice and /api/v1/twilio/media';
    if (this.mode === 'signed') this.logger.log(`${routes} take what is signed with TWILIO_AUTH_TOKEN`);
    else if (this.mode === 'open')
      this.logger.warn(`${routes} are open to anybody: TWILIO_AUTH_TOKEN is not set. In production they would be off.`);
    else this.logger.log(`${routes} are off: TWILIO_AUTH_TOKEN is not set`);
  }

  /**
   * The reason to refuse, if there is one.
   * @param url the one that Twilio asked for @param parameters the form's fields; none for an upgrade.
   */
  check(request: IncomingMessage, url: string, parameters: FormParameters): Refusal | undefined {
    if (this.mode === 'off') return { status: 404, code: 'not_found', message: 'There is nothing at this path' };
    const open = this.mode === 'open';
    const tooMany = open ? this.attempts.count(request) : undefined;
    if (tooMany) return tooMany;
    // Twilio sends none, and a page in somebody's browser has no business here.
    if (request.headers.origin !== undefined)
      return { status: 403, code: 'forbidden', message: 'Browsers may not use this path' };
    if (open || this.hasSignature(request, url, parameters)) return undefined;
    // Calls share the few addresses of Twilio, perhaps with somebody who is not Twilio: what is signed is never refused
    // for what others have tried, and does not count.
    return (
      this.attempts.count(request) ?? {
        status: 403,
        code: 'forbidden',
        message: 'A valid X-Twilio-Signature is needed',
      }
    );
  }

  private hasSignature(request: IncomingMessage, url: string, parameters: FormParameters): boolean {
    const signature = request.headers['x-twilio-signature'];
    return typeof signature === 'string' && isSigned(this.config.authTokens, signature, url, parameters);
  }
}
