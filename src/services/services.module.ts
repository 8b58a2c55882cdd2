import { Injectable, Module } from '@nestjs/common';
import { type ObservableResult, metrics } from '@opentelemetry/api';
import { ListenConfig } from '../config/listen.config.js';
import { type LifecycleStep, Step, type StepReport } from '../lifecycle/step.js';
import { ArchiveModule } from './archive/archive.module.js';
import { Recordings } from './archive/recordings.js';
import { ConversationsModule } from './conversations/conversations.module.js';
import { Conversations } from './conversations/conversations.js';

/** Where conversations and recordings are kept. */
@Injectable()
@Step({ name: 'services', after: ['aoai'], timeoutMs: 20_000 })
export class ServicesStep implements LifecycleStep {
  private readonly backlog = metrics.getMeter('parley.services').createObservableGauge('store.backlog', {
    description: 'Conversations, and pieces of recordings, that are still to be written',
  });
  private readonly observe = (result: ObservableResult): void => {
    result.observe(this.conversations.waiting, { store: 'conversations' });
    result.observe(this.recordings.waiting, { store: 'recordings' });
  };

  constructor(
    private readonly conversations: Conversations,
    private readonly recordings: Recordings,
    private readonly listen: ListenConfig,
  ) {}

  async start(signal: AbortSignal): Promise<StepReport> {
    const conversations = await this.conversations.start(signal);
    const recordings = await this.recordings.start(signal);
    this.backlog.addCallback(this.observe);
    const listened = this.listen.audio === 'on' && 'audio of calls that are listened to is kept';
    return { summary: [conversations, recordings, listened].filter(Boolean).join('; ') };
  }

  async stop(): Promise<void> {
    this.backlog.removeCallback(this.observe);
    await this.recordings.stop();
    await this.conversations.stop();
  }
}

/** Starts and stops what is kept of calls. */
@Module({ imports: [ConversationsModule, ArchiveModule], providers: [ServicesStep] })
export class ServicesModule {}
