import type { IncomingMessage } from 'node:http';
import { type OnGatewayConnection, WebSocketGateway } from '@nestjs/websockets';
import type { WebSocket } from 'ws';
import type { WsRouteOptions } from '../../voice/ws-adapter.js';
import { PUSHER_PATH } from '../link/pusher-address.js';
import { PusherAdmission, type PusherTicket } from './pusher-admission.js';
import { PusherSessions } from './pusher-sessions.js';

/** Links of processes that listen. */
@WebSocketGateway<WsRouteOptions>({ path: PUSHER_PATH, policy: PusherAdmission })
export class PusherGateway implements OnGatewayConnection {
  constructor(private readonly sessions: PusherSessions) {}

  handleConnection(socket: WebSocket, _request: IncomingMessage, { parameters }: PusherTicket): Promise<void> {
    return this.sessions.serve(socket, parameters);
  }
}
