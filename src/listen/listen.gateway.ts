import { type OnGatewayConnection, WebSocketGateway } from '@nestjs/websockets';
import type { IncomingMessage } from 'node:http';
import type { WebSocket } from 'ws';
import type { WsRouteOptions } from '../voice/ws-adapter.js';
import { ListenAdmission, type ListenTicket } from './listen-admission.js';
import { ListenHost } from './listen-host.js';

/** Calls of others that are written down while they last. */
@WebSocketGateway<WsRouteOptions>({ path: '/api/v1/listen/ws', policy: ListenAdmission })
export class ListenGateway implements OnGatewayConnection {
  constructor(private readonly host: ListenHost) {}

  handleConnection(socket: WebSocket, _request: IncomingMessage, ticket: ListenTicket): Promise<void> {
    return this.host.serve(socket, ticket);
  }
}
