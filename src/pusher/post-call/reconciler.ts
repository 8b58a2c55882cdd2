import { Injectable, Logger } from '@nestjs/common';
import { metrics } from '@opentelemetry/api';
import { PostCallConfig } from '../../config/post-call.config.js';
import { VoiceConfig } from '../../config/voice.config.js';
import { Clock, type Timer } from '../../kernel/clock.js';
import { messageOf } from '../../kernel/errors.js';
import type { ConversationSummary } from '../../services/conversations/conversation-record.js';
import { Conversations } from '../../services/conversations/conversations.js';
import { JobKind } from '../jobs/job-kinds.js';
import { JobQueue } from '../jobs/job-queue.js';
import { nextReadingOf } from './process-request.js';

/** What a live call writes, it writes at its end at the latest. */
const MARGIN_MS = 60_000;

const found = metrics
  .getMeter('parley.pusher')
  .createCounter('pusher.conversations.reconciled', { description: 'Conversations that had been left behind' });

/**
 * Finds conversations that nobody has handed over: their process was killed, or the queue has lost its jobs. The
 * conversations themselves say what is missing, whatever else was lost.
 */
@Injectable()
export class Reconciler {
  private readonly logger = new Logger('Reconciler');
  private timer: Timer | undefined;
  private looking: Promise<void> | undefined;
  private stopped = false;

  constructor(
    private readonly conversations: Conversations,
    private readonly queue: JobQueue,
    private readonly config: PostCallConfig,
    private readonly voice: VoiceConfig,
    private readonly clock: Clock,
  ) {}

  start(): void {
    this.looking = this.lookOnce().finally(() => {
      this.looking = undefined;
      if (!this.stopped) this.timer = this.clock.setTimeout(() => this.start(), this.config.reconcileMs);
    });
  }

  async stop(): Promise<void> {
    this.stopped = true;
    this.timer?.cancel();
    await this.looking;
  }

  private async lookOnce(): Promise<void> {
    if (!this.conversations.enabled) return;
    try {
      const updatedBefore = this.before(Math.min(this.config.abandonedMs, this.config.reconcileMs));
      for await (const summary of this.conversations.unfinished(updatedBefore)) {
        if (this.stopped) return;
        if (this.isLeftBehind(summary)) await this.handOver(summary);
      }
    } catch (error) {
      this.logger.warn(`Conversations that were left behind cannot be looked for: ${messageOf(error)}`);
    }
  }

  private isLeftBehind({
    kind,
    status,
    updatedAt,
  }: Pick<ConversationSummary, 'kind' | 'status' | 'updatedAt'>): boolean {
    if (status !== 'processing' && status !== 'in_progress') return false;
    // Whoever has closed it has asked for it to be read; that may have been lost.
    if (status === 'processing') return updatedAt < this.before(this.config.reconcileMs);
    const { idleTimeoutMs, resumeMs } = this.voice;
    const livesFor = kind === 'listen' ? this.config.abandonedMs : idleTimeoutMs + resumeMs + MARGIN_MS;
    return updatedAt < this.before(livesFor);
  }

  private async handOver({ tenant, id }: ConversationSummary): Promise<void> {
    const stored = await this.conversations.find(tenant, id);
    // It may have been finished since the list was made: asking again would be asking for another reading.
    if (!stored || !this.isLeftBehind(stored)) return;
    const request = nextReadingOf(stored);
    const state = await this.queue.stateOf(request.jobId);
    // It waits, runs, or lies with the dead letters for somebody to look at.
    if (state === 'waiting' || state === 'running' || state === 'dead') return;
    // Done, and nothing came of it: what it has found was lost with the store's last moments.
    if (state === 'done') await this.queue.remove(request.jobId);
    await this.queue.put({ id: request.jobId, kind: JobKind.Process, payload: request });
    found.add(1);
    this.logger.log(`Conversation ${id} was left behind; it is processed now`);
  }

  private before(ageMs: number): string {
    return new Date(this.clock.wallTime() - ageMs).toISOString();
  }
}
