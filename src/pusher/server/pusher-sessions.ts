import { Injectable, Logger } from '@nestjs/common';
import type { WebSocket } from 'ws';
import { PusherConfig } from '../../config/pusher.config.js';
import { VoiceConfig } from '../../config/voice.config.js';
import { Chance } from '../../kernel/chance.js';
import { Clock } from '../../kernel/clock.js';
import { JobQueue } from '../jobs/job-queue.js';
import { AudioSink, type UploadOptions } from './audio-sink.js';
import { ProcessOutcomes, ProcessResults } from './process-results.js';
import { GOING_AWAY, PusherSession } from './pusher-session.js';
import { ServerMetrics } from './server-metrics.js';
import { TranscriptSink } from './transcript-sink.js';

/** The links that this pusher has. */
@Injectable()
export class PusherSessions {
  private readonly logger = new Logger('Pusher');
  private readonly live = new Set<PusherSession>();
  private readonly metrics = new ServerMetrics();
  private draining = false;

  constructor(
    private readonly config: PusherConfig,
    private readonly voice: VoiceConfig,
    private readonly clock: Clock,
    private readonly chance: Chance,
    private readonly queue: JobQueue,
    private readonly results: ProcessResults,
    private readonly outcomes: ProcessOutcomes,
    private readonly audio: AudioSink,
    private readonly transcripts: TranscriptSink,
  ) {}

  get count(): number {
    return this.live.size;
  }

  /** Resolves when nothing is left of the connection. Never rejects. */
  async serve(socket: WebSocket, options: UploadOptions): Promise<void> {
    // A refusal would look as if the pusher were broken, and keep the link away from its other replicas.
    if (this.draining) return socket.close(GOING_AWAY, 'draining');
    const session = this.build(socket, options);
    this.live.add(session);
    this.metrics.opened();
    try {
      await session.serve();
    } finally {
      this.live.delete(session);
      this.metrics.closed();
    }
  }

  /** From now on links are sent away; those that there are, once what they have sent is archived, or `withinMs` is over. */
  async drain(withinMs: number): Promise<void> {
    this.draining = true;
    if (this.live.size > 0) this.logger.log(`Sending ${this.live.size} link(s) away`);
    await Promise.all([...this.live].map((session) => session.drain(withinMs)));
  }

  private build(socket: WebSocket, options: UploadOptions): PusherSession {
    return new PusherSession(socket, options, {
      clock: this.clock,
      chance: this.chance,
      queue: this.queue,
      results: this.results,
      outcomes: this.outcomes,
      audio: this.audio,
      transcripts: this.transcripts,
      sampleMinAgeMs: this.config.sampleMinAgeMs,
      receiveTimeoutMs: this.config.receiveTimeoutMs,
      drainMs: this.config.drainMs,
      audioWindowBytes: this.config.sessionAudioBytes,
      maxFrameBytes: this.voice.maxFrameBytes,
      onBatchDropped: () => this.metrics.batchDropped(),
      onMalformed: () => this.metrics.malformed(),
      warn: (line) => this.logger.warn(line),
    });
  }
}
