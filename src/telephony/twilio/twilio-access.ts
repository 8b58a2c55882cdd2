import { Injectable, Logger, type OnApplicationBootstrap } from '@nestjs/common';
import type { IncomingMessage } from 'node:http';
import { ServerConfig } from '../../config/server.config.js';
import { TwilioConfig } from '../../config/twilio.config.js';
import { Clock } from '../../kernel/clock.js';
import { AttemptLimit } from '../../voice/attempt-limit.js';
import type { Refusal } from '../../voice/upgrade-policy.js';
import { type FormParameters, isSigned } from './twilio-signature.js';

const NOTE_EVERY_MS = 10_000;

/** Who may use the Twilio routes: whoever signs with the account's token. Bearer tokens are nothing that Twilio could send. */
@Injectable()
export class TwilioAccess implements OnApplicationBootstrap {
  private readonly logger = new Logger('Twilio');
  private notedAt: number | undefined;

  constructor(
    private readonly config: TwilioConfig,
    private readonly server: ServerConfig,
    private readonly attempts: AttemptLimit,
    private readonly clock: Clock,
  ) {}

  /** Without a token nobody can be told from Twilio: that is good for trying it out, and for nothing else. */
  get mode(): 'signed' | 'open' | 'off' {
    if (this.config.authTokens.length > 0) return 'signed';
    return this.server.environment === 'production' ? 'off' : 'open';
  }

  onApplicationBootstrap(): void {
    const routes = '/api/v1/twilio/voice and /api/v1/twilio/media';
    if (this.mode === 'signed') this.announceSigned(routes);
    else if (this.mode === 'open')
      this.logger.warn(`${routes} are open to anybody: TWILIO_AUTH_TOKEN is not set. In production they would be off.`);
    else this.logger.log(`${routes} are off: TWILIO_AUTH_TOKEN is not set`);
  }

  private announceSigned(routes: string): void {
    this.logger.log(`${routes} take what is signed with TWILIO_AUTH_TOKEN`);
    if (this.server.environment === 'production' && !this.server.publicUrl && !this.server.trustProxy)
      this.logger.warn(
        'PUBLIC_URL is not set, nor TRUST_PROXY: Twilio signs https:// and wss:// addresses, which will not fit',
      );
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
    this.noteUnsigned(url);
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

  /** Mostly the address is not the one that Twilio was given. Others may try for hours: once in a while is enough. */
  private noteUnsigned(url: string): void {
    const now = this.clock.now();
    if (this.notedAt !== undefined && now - this.notedAt < NOTE_EVERY_MS) return;
    this.notedAt = now;
    this.logger.warn(`Refused: no signature, or not one for ${url.split('?')[0]}. Is PUBLIC_URL right?`);
  }

  private hasSignature(request: IncomingMessage, url: string, parameters: FormParameters): boolean {
    const signature = request.headers['x-twilio-signature'];
    return typeof signature === 'string' && isSigned(this.config.authTokens, signature, url, parameters);
  }
}
