import { Injectable } from '@nestjs/common';
import { ModuleRef } from '@nestjs/core';
import type { Context } from '@opentelemetry/api';
import type { IncomingMessage } from 'node:http';
import { PinoLogger } from 'nestjs-pino';
import type { WebSocket } from 'ws';
import { AgentsConfig } from '../config/agents.config.js';
import { VoiceConfig } from '../config/voice.config.js';
import type { CallTransport } from '../conversation/call-transport.js';
import { buildFailure } from '../conversation/session-end.js';
import type { ResumedSession } from '../conversation/session-start.js';
import { VoicePipeline } from '../conversation/voice-pipeline.js';
import type { AbortKind } from '../kernel/abort.js';
import { Clock } from '../kernel/clock.js';
import { CloseCode } from '../kernel/close-codes.js';
import { contextOf } from '../kernel/live-span.js';
import { Mutex } from '../kernel/mutex.js';
import { Heartbeat } from './heartbeat.js';
import type { Ticket } from './upgrade-policy.js';

/** What `ws` reports when the close frame has no code. */
const NO_STATUS = 1005;

/** A connection that was let in, whatever protocol it speaks. */
export interface HostedCall {
  readonly socket: WebSocket;
  /** That opened it. */
  readonly request: Pick<IncomingMessage, 'headers'>;
  readonly ticket: Ticket;
  /** Resolves once it is known what the session is to be; with undefined if the call is over before. Never rejects. */
  readonly opening: Promise<OpenedCall | undefined>;
}

export interface OpenedCall {
  readonly transport: CallTransport;
  /** Undefined: the default one. */
  readonly scenario: string | undefined;
  /** Undefined: the one that the scenario starts with. */
  readonly agent: string | undefined;
  readonly tenant: string;
  /** Clock time since which the caller waits; from now on if undefined. */
  readonly since?: number;
  /** Whether the client can come back after its connection was lost. */
  readonly resumable: boolean;
  readonly resumed?: ResumedSession | undefined;
  /** The session is built: it gets what has come so far, and everything from now on. */
  bind(pipeline: VoicePipeline): void;
  /** The session could not be built. Never rejects. */
  giveUp?(): Promise<void>;
}

/** Takes a call from its admission to its end, for every gateway: heartbeat, building the session, giving everything back. */
@Injectable()
export class CallHost {
  /** One for the process: sessions are built one after the other, once they have what they may have had to wait for. */
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

  /** Resolves when the call is over. Never rejects: an error here would end the process. */
  async serve({ socket, request, ticket, opening }: HostedCall): Promise<void> {
    const heartbeat = new Heartbeat(socket, this.config.heartbeatIntervalMs, this.clock);
    try {
      const call = await opening;
      if (call) await this.converse(socket, call, contextOf(request.headers));
    } finally {
      heartbeat.stop();
      ticket.release();
    }
  }

  private async converse(socket: WebSocket, call: OpenedCall, traceParent: Context): Promise<void> {
    let pipeline: VoicePipeline | undefined;
    try {
      pipeline = await this.moduleRef.create(VoicePipeline);
      if (socket.readyState !== socket.OPEN) return await call.giveUp?.();
      socket.once('close', (code: number) => void pipeline?.close(endOf(code)));
      await this.build(pipeline, call, traceParent);
      call.bind(pipeline);
      await pipeline.closed;
    } catch (error) {
      // Its turn may not have come: then it has to give back what it has borrowed.
      await pipeline?.close('error');
      const failure = buildFailure(error);
      this.logger.warn(`Session could not be built: ${failure.message}`);
      call.transport.send({
        type: 'error',
        code: failure.code,
        message: 'The session could not be built',
        retryable: failure.retryable,
      });
      call.transport.close(CloseCode.Internal, failure.code);
      await call.giveUp?.();
    }
  }

  private async build(pipeline: VoicePipeline, call: OpenedCall, traceParent: Context): Promise<void> {
    const { scenario = this.agents.scenario, agent, tenant, since, resumable, resumed } = call;
    const start = { scenario, agent, tenant, since, resumable, resumed, traceParent };
    await this.limited(pipeline, () => pipeline.reserve(start));
    await this.building.runExclusive(this.config.buildTimeoutMs, () =>
      this.limited(pipeline, () => pipeline.start(call.transport)),
    );
  }

  private async limited(pipeline: VoicePipeline, work: () => Promise<void>): Promise<void> {
    const limit = this.clock.setTimeout(() => void pipeline.close('timeout'), this.config.buildTimeoutMs);
    try {
      await work();
    } finally {
      limit.cancel();
    }
  }
}

/** A client that closes without saying why has hung up; everything else was not its wish. */
function endOf(closeCode: number): AbortKind {
  return [CloseCode.Ended, NO_STATUS].includes(closeCode) ? 'hangup' : 'lost';
}
