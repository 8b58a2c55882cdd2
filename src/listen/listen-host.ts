import { Injectable } from '@nestjs/common';
import type { WebSocket } from 'ws';
import { VoiceConfig } from '../config/voice.config.js';
import { SessionDirectory } from '../state/session-directory.js';
import { Heartbeat } from '../voice/heartbeat.js';
import { GIVE_UP } from './give-up.js';
import type { ListenTicket } from './listen-admission.js';
import { ListenSession } from './listen-session.js';
import { ListenServices } from './listen-services.js';

/** Takes a connection from its admission to its end: whatever happens, its slot is free afterwards. */
@Injectable()
export class ListenHost {
  constructor(
    private readonly services: ListenServices,
    private readonly config: VoiceConfig,
    directory: SessionDirectory,
  ) {
    directory.handle(GIVE_UP, (session) =>
      session instanceof ListenSession ? session.close('superseded') : undefined,
    );
  }

  /** Resolves when the session is over. Never rejects: an error here would end the process. */
  async serve(socket: WebSocket, ticket: ListenTicket): Promise<void> {
    const { clock, logger } = this.services;
    const heartbeat = new Heartbeat(socket, this.config.heartbeatIntervalMs, clock);
    try {
      await new ListenSession(socket, ticket, this.services).run();
    } catch (error) {
      logger.error({ err: error }, 'A session that listens failed');
      socket.terminate();
    } finally {
      heartbeat.stop();
      ticket.release();
    }
  }
}
