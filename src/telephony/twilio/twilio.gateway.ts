import { type OnGatewayConnection, WebSocketGateway } from '@nestjs/websockets';
import { PinoLogger } from 'nestjs-pino';
import type { IncomingMessage } from 'node:http';
import type { WebSocket } from 'ws';
import { TwilioConfig } from '../../config/twilio.config.js';
import { Clock } from '../../kernel/clock.js';
import { CallHost } from '../../voice/call-host.js';
import { CallQuota } from '../../voice/call-quota.js';
import type { Ticket } from '../../voice/upgrade-policy.js';
import type { WsRouteOptions } from '../../voice/ws-adapter.js';
import { TwilioAdmission } from './twilio-admission.js';
import { TwilioStartCheck } from './twilio-start-check.js';
import { TwilioStream } from './twilio-stream.js';

/** Calls that Twilio brings, one Media Stream each: what call it is comes with the `start` message. */
@WebSocketGateway<WsRouteOptions>({ path: '/api/v1/twilio/media', policy: TwilioAdmission })
export class TwilioGateway implements OnGatewayConnection {
  constructor(
    private readonly host: CallHost,
    private readonly starts: TwilioStartCheck,
    private readonly config: TwilioConfig,
    private readonly quota: CallQuota,
    private readonly clock: Clock,
    private readonly logger: PinoLogger,
  ) {}

  handleConnection(socket: WebSocket, request: IncomingMessage, ticket: Ticket): Promise<void> {
    // Listens from now on.
    const { opening } = new TwilioStream(socket, {
      clock: this.clock,
      startTimeoutMs: this.config.startTimeoutMs,
      logger: this.logger,
      choose: (start) => this.starts.check(start),
      meter: (tenant, events) => this.quota.meter(tenant, events),
      pace: this.quota.pace(),
    });
    return this.host.serve({ socket, request, ticket, opening });
  }
}
