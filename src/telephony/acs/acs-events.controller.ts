import {
  BadRequestException,
  Body,
  Controller,
  HttpCode,
  HttpException,
  HttpStatus,
  Logger,
  Options,
  Post,
  Req,
  Res,
} from '@nestjs/common';
import type { Request, Response } from 'express';
import { z } from 'zod';
import { DEFAULT_TENANT } from '../../auth/principal.js';
import { Clock } from '../../kernel/clock.js';
import { messageOf } from '../../kernel/errors.js';
import { AcsClient } from '../../services/acs/acs-client.js';
import { type CallChoice, CallChoices } from '../../voice/call-choice.js';
import type { Refusal } from '../../voice/upgrade-policy.js';
import { AcsAccess } from './acs-access.js';
import { AcsAnswering } from './acs-answering.js';
import { type AcsCallEvent, AcsLiveCalls } from './acs-live-calls.js';

/** Event Grid's own schema says `eventType` and `eventTime`, CloudEvents `type` and `time`. */
const gridEvent = z.object({
  id: z.string(),
  eventType: z.string().optional(),
  type: z.string().optional(),
  eventTime: z.string().optional(),
  time: z.string().optional(),
  data: z.unknown(),
});

const incomingCall = z.object({
  incomingCallContext: z.string().min(1),
  correlationId: z.string().optional(),
});

const callEvent = z.object({
  type: z.string(),
  data: z.object({
    callConnectionId: z.string().regex(/^[\w-]{1,128}$/),
    resultInformation: z.object({ code: z.number().optional(), subCode: z.number().optional() }).nullish(),
  }),
});

const INCOMING_CALL = 'Microsoft.Communication.IncomingCall';
const VALIDATION = 'Microsoft.EventGrid.SubscriptionValidationEvent';
const CALL_EVENTS = 'Microsoft.Communication.';
const MAX_EVENTS = 100;

const sessionEvents: ReadonlyMap<string, AcsCallEvent['type']> = new Map([
  ['CallDisconnected', 'disconnected'],
  ['CallTransferAccepted', 'transferred'],
  ['CallTransferFailed', 'transfer_failed'],
]);
const failures = ['CreateCallFailed', 'AnswerFailed', 'ConnectFailed', 'MediaStreamingFailed'];

/** What Event Grid (a call rings) and Azure Communication Services (what happens in a call) tell. Nothing of who calls is kept or logged. */
@Controller('api/v1/acs')
export class AcsEventsController {
  private readonly logger = new Logger('Acs');

  constructor(
    private readonly access: AcsAccess,
    private readonly answering: AcsAnswering,
    private readonly calls: AcsLiveCalls,
    private readonly client: AcsClient,
    private readonly choices: CallChoices,
    private readonly clock: Clock,
  ) {}

  /** With the CloudEvents schema, Event Grid asks first whether it may send events at all. */
  @Options('events')
  handshake(@Req() request: Request, @Res({ passthrough: true }) response: Response): void {
    this.refuse(this.access.checkEvents(request, request.query.code), response);
    response.setHeader('WebHook-Allowed-Origin', request.get('WebHook-Request-Origin') ?? '*');
    response.setHeader('WebHook-Allowed-Rate', '*');
  }

  /** `?scenario=` and `?agent=` say what calls of this subscription are to be. Answers before the call is answered. */
  @Post('events')
  @HttpCode(HttpStatus.OK)
  events(@Req() request: Request, @Body() body: unknown, @Res({ passthrough: true }) response: Response): object {
    this.refuse(this.access.checkEvents(request, request.query.code), response);
    const { code: _, ...given } = request.query;
    const choice = this.choices.read(given);
    if (typeof choice === 'string') throw new BadRequestException(choice);
    const events = z.array(gridEvent).max(MAX_EVENTS).safeParse([body].flat());
    if (!events.success) throw new BadRequestException('The body must be a list of events');
    for (const event of events.data) {
      const type = event.eventType ?? event.type;
      if (type === VALIDATION) return { validationResponse: validationCode(event.data) };
      if (type === INCOMING_CALL) this.ring(event, choice, request);
    }
    return {};
  }

  @Post('callbacks')
  @HttpCode(HttpStatus.OK)
  async callbacks(
    @Req() request: Request,
    @Body() body: unknown,
    @Res({ passthrough: true }) response: Response,
  ): Promise<object> {
    this.refuse(await this.access.checkService(request), response);
    const events = z.array(z.unknown()).max(MAX_EVENTS).safeParse([body].flat());
    if (!events.success) throw new BadRequestException('The body must be a list of events');
    for (const event of events.data) {
      const parsed = callEvent.safeParse(event);
      if (parsed.success && parsed.data.type.startsWith(CALL_EVENTS)) await this.happened(parsed.data);
    }
    return {};
  }

  private ring(event: z.output<typeof gridEvent>, choice: CallChoice, request: Request): void {
    const parsed = incomingCall.safeParse(event.data);
    if (!parsed.success) return this.logger.warn('An incoming call could not be read');
    const { incomingCallContext, correlationId } = parsed.data;
    const rangAt = Date.parse(event.eventTime ?? event.time ?? '');
    const { scenario, agent } = choice;
    void this.answering.answer(
      {
        id: correlationId ?? event.id,
        context: incomingCallContext,
        rangAt: Number.isNaN(rangAt) ? this.clock.wallTime() : rangAt,
      },
      { tenant: DEFAULT_TENANT, scenario, agent },
      request,
    );
  }

  private async happened({ type, data }: z.output<typeof callEvent>): Promise<void> {
    const name = type.slice(CALL_EVENTS.length);
    const { code, subCode } = data.resultInformation ?? {};
    const detail = [name, code, subCode].filter((part) => part !== undefined).join(' ');
    const forSession = sessionEvents.get(name);
    if (forSession) return await this.calls.deliver(data.callConnectionId, { type: forSession, detail });
    if (!failures.includes(name)) return;
    this.logger.warn(detail);
    // A caller without a media stream would listen to silence.
    if (name === 'MediaStreamingFailed')
      await this.client
        .hangUp(data.callConnectionId)
        .catch((error: unknown) => this.logger.warn(`The call could not be ended: ${messageOf(error)}`));
  }

  private refuse(refusal: Refusal | undefined, response: Response): void {
    if (!refusal) return;
    if (refusal.retryAfterSeconds !== undefined) response.setHeader('Retry-After', String(refusal.retryAfterSeconds));
    throw new HttpException(refusal.message, refusal.status);
  }
}

function validationCode(data: unknown): string {
  const parsed = z.object({ validationCode: z.string().max(256) }).safeParse(data);
  if (!parsed.success) throw new BadRequestException('The event has no validationCode');
  return parsed.data.validationCode;
}
