import { ModuleRef } from '@nestjs/core';
import { type OnGatewayConnection, WebSocketGateway } from '@nestjs/websockets';
import { PinoLogger } from 'nestjs-pino';
import type { IncomingMessage } from 'node:http';
import type { WebSocket } from 'ws';
import { AgentsConfig } from '../config/agents.config.js';
import { VoiceConfig } from '../config/voice.config.js';
import { buildFailure } from '../conversation/session-end.js';
import { VoicePipeline } from '../conversation/voice-pipeline.js';
import { Clock } from '../kernel/clock.js';
import { CloseCode } from '../kernel/close-codes.js';
import { Mutex } from '../kernel/mutex.js';
import { Heartbeat } from './heartbeat.js';
import { NativeSession } from './native-session.js';
import { NativeTransport } from './native-transport.js';
import { VoiceAdmission, type VoiceTicket } from './voice-admission.js';
import type { VoiceParameters } from './voice-parameters.js';
import type { WsRouteOptions } from './ws-adapter.js';

/** Admits, builds the session, hands the socket over, cleans up. */
@WebSocketGateway<WsRouteOptions>({ path: '/api/v1/voice/ws', policy: VoiceAdmission })
export class VoiceGateway implements OnGatewayConnection {
  private readonly building: Mutex;

  constructor(
    private readonly moduleRef: ModuleRef,
    private readonly clock: Clock,
    private readonly config: VoiceConfig,
    private readonly agents: AgentsConfig,
    private readonly logger: PinoLogger,
  ) {
    this.building = new Mutex(clock);
  }

  /** Never rejects: an error here would end the process. */
  async handleConnection(socket: WebSocket, _request: IncomingMessage, ticket: VoiceTicket): Promise<void> {
    const { parameters } = ticket;
    const transport = new NativeTransport(socket, parameters, this.clock);
    const heartbeat = new Heartbeat(socket, this.config.heartbeatIntervalMs, this.clock);
    const session = new NativeSession(socket, transport, parameters);
    try {
      const pipeline = await this.moduleRef.create(VoicePipeline);
      if (socket.readyState !== socket.OPEN) return;
      socket.once('close', () => void pipeline.close('hangup'));
      await this.building.runExclusive(this.config.buildTimeoutMs, () => this.build(pipeline, transport, parameters));
      session.bind(pipeline);
      await pipeline.closed;
    } catch (error) {
      const failure = buildFailure(error);
      this.logger.warn(`Session could not be built: ${failure.message}`);
      transport.send({
        type: 'error',
        code: failure.code,
        message: 'The session could not be built',
        retryable: failure.retryable,
      });
      transport.close(CloseCode.Internal, failure.code);
    } finally {
      heartbeat.stop();
      ticket.release();
    }
  }

  private async build(pipeline: VoicePipeline, transport: NativeTransport, parameters: VoiceParameters): Promise<void> {
    const { scenario = this.agents.scenario, agent } = parameters;
    const limit = this.clock.setTimeout(() => void pipeline.close('timeout'), this.config.buildTimeoutMs);
    try {
      await pipeline.start(transport, { scenario, agent });
    } finally {
      limit.cancel();
    }
  }
}
