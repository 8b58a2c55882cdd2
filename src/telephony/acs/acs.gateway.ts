import { type OnGatewayConnection, WebSocketGateway } from '@nestjs/websockets';
import { PinoLogger } from 'nestjs-pino';
import type { IncomingMessage } from 'node:http';
import type { WebSocket } from 'ws';
import { AcsConfig } from '../../config/acs.config.js';
import { Clock } from '../../kernel/clock.js';
import { AcsClient } from '../../services/acs/acs-client.js';
import { CallHost } from '../../voice/call-host.js';
import { CallQuota } from '../../voice/call-quota.js';
import type { WsRouteOptions } from '../../voice/ws-adapter.js';
import { AcsAdmission, type AcsTicket } from './acs-admission.js';
import { AcsLiveCalls } from './acs-live-calls.js';
import { AcsStream } from './acs-stream.js';

/** Calls that Azure Communication Services brings, one media stream each. */
@WebSocketGateway<WsRouteOptions>({ path: '/api/v1/acs/media', policy: AcsAdmission })
export class AcsGateway implements OnGatewayConnection {
  private readonly targets: ReadonlyMap<string, string>;

  constructor(
    private readonly host: CallHost,
    private readonly client: AcsClient,
    private readonly calls: AcsLiveCalls,
    private readonly config: AcsConfig,
    private readonly quota: CallQuota,
    private readonly clock: Clock,
    private readonly logger: PinoLogger,
  ) {
    this.targets = new Map(config.transferTargets.map((entry) => entry.split('=', 2) as [string, string]));
  }

  handleConnection(socket: WebSocket, request: IncomingMessage, ticket: AcsTicket): Promise<void> {
    const { callId, plan } = ticket;
    // Listens from now on.
    const { opening } = new AcsStream(socket, {
      clock: this.clock,
      logger: this.logger,
      client: this.client,
      callId,
      plan,
      transferTimeoutMs: this.config.transferTimeoutMs,
      targetOf: (name) => this.targets.get(name),
      onBound: (sessionId, call) => this.calls.bind(callId, sessionId, call),
      meter: (events) => this.quota.meter(plan.tenant, events),
      pace: this.quota.pace(),
      onOver: (sessionId) => this.calls.unbind(callId, sessionId),
    });
    return this.host.serve({ socket, request, ticket, opening });
  }
}
