import {
  BadRequestException,
  Controller,
  HttpCode,
  HttpException,
  HttpStatus,
  Logger,
  Post,
  Req,
  Res,
  UnsupportedMediaTypeException,
} from '@nestjs/common';
import type { Request, Response } from 'express';
import { TwilioConfig } from '../../config/twilio.config.js';
import { Aborted } from '../../kernel/abort.js';
import { DEFAULT_TENANT } from '../../auth/principal.js';
import { CallChoices } from '../../voice/call-choice.js';
import type { Refusal } from '../../voice/upgrade-policy.js';
import { PublicAddress } from '../public-address.js';
import { RingingCalls } from '../ringing-calls.js';
import { TwilioAccess } from './twilio-access.js';
import type { FormParameters } from './twilio-signature.js';
import { AnnouncedCalls } from './announced-calls.js';
import { connectToStream, rejectAsBusy, sayAndHangUp } from './twiml.js';

const FORM = 'application/x-www-form-urlencoded';

/** What Twilio asks when somebody calls one of its numbers. Nothing of what it says about the caller is kept or logged. */
@Controller('api/v1/twilio')
export class TwilioVoiceController {
  private readonly logger = new Logger('Twilio');

  constructor(
    private readonly access: TwilioAccess,
    private readonly address: PublicAddress,
    private readonly ringing: RingingCalls,
    private readonly announced: AnnouncedCalls,
    private readonly choices: CallChoices,
    private readonly config: TwilioConfig,
  ) {}

  /** Answers with TwiML: to a caller who cannot be served too, who would hear Twilio's own error otherwise. */
  @Post('voice')
  @HttpCode(HttpStatus.OK)
  async answer(@Req() request: Request, @Res({ passthrough: true }) response: Response): Promise<string> {
    const form = formOf(request);
    const url = this.address.http(request, request.originalUrl);
    const refusal = this.access.check(request, url, form ?? {});
    if (refusal) throw exceptionOf(refusal, response);
    if (!form) throw new UnsupportedMediaTypeException(`The body must be ${FORM}`);
    const choice = this.choices.read(queryOf(request.originalUrl));
    // That is a fault in the number's settings, which Twilio shows to whoever made it.
    if (typeof choice === 'string') throw new BadRequestException(choice);
    response.type('text/xml');
    const busy = await this.ringing.refusalOf('twilio', DEFAULT_TENANT, goneOf(response));
    if (busy) {
      this.logger.debug(`A caller was turned away: ${busy.code}`);
      const { whenBusy, busyMessage, busyLanguage } = this.config;
      return whenBusy === 'reject' ? rejectAsBusy() : sayAndHangUp(busyMessage, busyLanguage);
    }
    this.announced.add();
    return connectToStream({
      streamUrl: this.address.webSocket(request, '/api/v1/twilio/media'),
      actionUrl: this.config.actionUrl || undefined,
      parameters: { ...choice },
    });
  }
}

/** Aborts when nobody waits for the answer any more. */
function goneOf(response: Response): AbortSignal {
  const controller = new AbortController();
  response.once('close', () => controller.abort(new Aborted('hangup', 'Twilio went away')));
  return controller.signal;
}

/** The form's fields; undefined if the body is no form, or not one that Twilio could have sent. */
function formOf(request: Request): FormParameters | undefined {
  if (!request.is(FORM)) return undefined;
  const fields = Object.entries((request.body ?? {}) as Record<string, unknown>);
  const plain = fields.every(([, value]) => [value].flat().every((item) => typeof item === 'string'));
  return plain ? (Object.fromEntries(fields) as FormParameters) : undefined;
}

/** What is given more than once is a list, which no choice is. */
function queryOf(target: string): Record<string, unknown> {
  const searchParams = new URLSearchParams(target.split('?').slice(1).join('?'));
  return Object.fromEntries(
    [...new Set(searchParams.keys())].map((name) => {
      const values = searchParams.getAll(name);
      return [name, values.length === 1 ? values[0] : values];
    }),
  );
}

function exceptionOf({ status, message, retryAfterSeconds }: Refusal, response: Response): HttpException {
  if (retryAfterSeconds !== undefined) response.setHeader('Retry-After', String(retryAfterSeconds));
  return new HttpException(message, status);
}
