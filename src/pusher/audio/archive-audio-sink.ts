import { Injectable, Logger } from '@nestjs/common';
import { type ObservableResult, metrics } from '@opentelemetry/api';
import { ArchiveConfig } from '../../config/archive.config.js';
import { Clock } from '../../kernel/clock.js';
import { ParleyError, messageOf } from '../../kernel/errors.js';
import { Recordings } from '../../services/archive/recordings.js';
import { Conversations } from '../../services/conversations/conversations.js';
import { AudioSink, type AudioUpload, type UploadOptions } from '../server/audio-sink.js';
import { ArchiveUpload } from './archive-upload.js';
import type { AudioBatch } from './audio-batch.js';
import { AudioMemory } from './audio-memory.js';
import { BatchKeeper, type Kept } from './batch-keeper.js';

const meter = metrics.getMeter('parley.pusher');
const pieces = meter.createCounter('pusher.audio.pieces', {
  description: 'Files of audio of calls that were listened to, by what became of them',
});
const seconds = meter.createCounter('pusher.audio.duration', {
  unit: 's',
  description: 'How much audio is in them, by what became of it',
});
const held = meter.createObservableGauge('pusher.audio.held', {
  unit: 'By',
  description: 'Audio that links have sent and that is not safe yet',
});

/** Brings the audio of calls that are listened to where recordings are, as files of a minute. */
@Injectable()
export class ArchiveAudioSink extends AudioSink {
  private readonly logger = new Logger('Audio');
  private readonly memory: AudioMemory;
  private readonly keeper: BatchKeeper;
  private failing = false;

  constructor(
    private readonly conversations: Conversations,
    recordings: Recordings,
    private readonly config: ArchiveConfig,
    private readonly clock: Clock,
  ) {
    super();
    this.memory = new AudioMemory(config.listenMemoryBytes);
    this.keeper = new BatchKeeper({ conversations, recordings, clock, format: config.listenFormat });
    held.addCallback((result: ObservableResult) => result.observe(this.heldBytes));
  }

  /** Where there are no conversations, nobody would find it again. */
  get wanted(): boolean {
    return this.conversations.enabled;
  }

  /** Whether there is audio now that can be kept nowhere. */
  get isStuck(): boolean {
    return this.failing && this.heldBytes > 0;
  }

  /** What links have sent and is not safe yet. */
  get heldBytes(): number {
    return this.memory.bytes;
  }

  open(options: UploadOptions): AudioUpload {
    return new ArchiveUpload(options, {
      keeper: this.keeper,
      memory: this.memory,
      clock: this.clock,
      batchMs: this.config.listenBatchMs,
      onKept: (batch, outcome) => this.onKept(batch, outcome),
      onFailed: (error) => this.onFailed(error),
    });
  }

  private onKept({ conversationId, spokenMs }: AudioBatch, outcome: Kept): void {
    pieces.add(1, { outcome });
    seconds.add(spokenMs / 1000, { outcome });
    if (outcome === 'removed')
      this.logger.log(`Conversation ${conversationId} is gone: ${Math.round(spokenMs)} ms of its audio are not kept`);
    if (this.failing && outcome !== 'removed') this.logger.log('Audio of calls that are listened to is kept again');
    this.failing = this.failing && outcome === 'removed';
  }

  /** It is tried again; of one outage the first failure is told. */
  private onFailed(error: unknown): void {
    // Somebody may still be about to store the conversation.
    if (error instanceof ParleyError && error.code === 'not_found') return;
    if (!this.failing) this.logger.error(`Audio of calls that are listened to cannot be kept: ${messageOf(error)}`);
    this.failing = true;
  }
}
