import { type OnGatewayConnection, WebSocketGateway } from '@nestjs/websockets';
import type { IncomingMessage } from 'node:http';
import type { WebSocket } from 'ws';
import { Clock } from '../kernel/clock.js';
import { CallHost } from './call-host.js';
import { NativeSession } from './native-session.js';
import { NativeTransport } from './native-transport.js';
import { VoiceAdmission, type VoiceTicket } from './voice-admission.js';
import type { WsRouteOptions } from './ws-adapter.js';

/** Calls of the native protocol: all that there is to know of one stands in its query. */
@WebSocketGateway<WsRouteOptions>({ path: '/api/v1/voice/ws', policy: VoiceAdmission })
export class VoiceGateway implements OnGatewayConnection {
  constructor(
    private readonly host: CallHost,
    private readonly clock: Clock,
  ) {}

  handleConnection(socket: WebSocket, _request: IncomingMessage, ticket: VoiceTicket): Promise<void> {
    const { scenario, agent } = ticket.parameters;
    const transport = new NativeTransport(socket, ticket.parameters, this.clock);
    // Listens from now on.
    const session = new NativeSession(socket, transport, ticket.parameters);
    const bind = session.bind.bind(session);
    return this.host.serve({ socket, ticket, opening: Promise.resolve({ transport, scenario, agent, bind }) });
  }
}
