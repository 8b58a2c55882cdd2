import { type OnGatewayConnection, WebSocketGateway } from '@nestjs/websockets';
import type { IncomingMessage } from 'node:http';
import type { WebSocket } from 'ws';
import { buildFailure } from '../conversation/session-end.js';
import { Clock } from '../kernel/clock.js';
import { CloseCode } from '../kernel/close-codes.js';
import { CallHost, type OpenedCall } from './call-host.js';
import { CallQuota } from './call-quota.js';
import { NativeSession } from './native-session.js';
import { NativeTransport } from './native-transport.js';
import { SessionResumption } from './session-resumption.js';
import { VoiceAdmission, type VoiceTicket } from './voice-admission.js';
import type { WsRouteOptions } from './ws-adapter.js';

const audioTooFast = {
  type: 'error',
  code: 'rate_limited',
  message: 'Audio comes faster than it can have been said; what is too much is lost',
  retryable: false,
} as const;

/** Calls of the native protocol: all that there is to know of one stands in its query. */
@WebSocketGateway<WsRouteOptions>({ path: '/api/v1/voice/ws', policy: VoiceAdmission })
export class VoiceGateway implements OnGatewayConnection {
  constructor(
    private readonly host: CallHost,
    private readonly clock: Clock,
    private readonly resumption: SessionResumption,
    private readonly quota: CallQuota,
  ) {}

  handleConnection(socket: WebSocket, request: IncomingMessage, ticket: VoiceTicket): Promise<void> {
    const transport = new NativeTransport(socket, ticket.parameters, this.clock);
    const meter = this.quota.meter(ticket.caller.tenant, {
      onTooFast: () => transport.send(audioTooFast),
      onSpent: () => session.endForBudget(),
    });
    socket.once('close', () => meter.close());
    // Listens from now on.
    const session = new NativeSession(socket, transport, ticket.parameters, meter, this.quota.pace());
    return this.host.serve({ socket, request, ticket, opening: this.open(transport, session, ticket) });
  }

  private async open(
    transport: NativeTransport,
    session: NativeSession,
    { parameters, since, caller: { tenant } }: VoiceTicket,
  ): Promise<OpenedCall | undefined> {
    const { scenario, agent, resume } = parameters;
    const call = { transport, scenario, agent, tenant, since, resumable: true, bind: session.bind.bind(session) };
    if (!resume) return call;
    try {
      const resumed = await this.resumption.take(tenant, resume);
      return { ...call, resumed, giveUp: () => this.resumption.giveBack(tenant, resume, resumed) };
    } catch (error) {
      const { code, message, retryable } = buildFailure(error);
      transport.send({ type: 'error', code, message, retryable });
      transport.close(retryable ? CloseCode.Internal : CloseCode.Policy, code);
      return undefined;
    }
  }
}
