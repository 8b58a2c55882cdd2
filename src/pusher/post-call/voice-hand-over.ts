import { Injectable } from '@nestjs/common';
import { Drain } from '../../lifecycle/drain.js';
import type { ConversationRecord } from '../../services/conversations/conversation-record.js';
import { Conversations } from '../../services/conversations/conversations.js';
import { Replica } from '../../state/replica.js';
import { type PusherLink, PusherLinks } from '../link/pusher-link.js';
import { nextReadingOf } from './process-request.js';

/** What is not in the store by then is found by a pusher later. */
const WRITTEN_LIMIT_MS = 2000;
const CLOSE_LIMIT_MS = 2000;

/** Hands calls with agents over when they are over: over one link for all of them, which is made with the first. */
@Injectable()
export class VoiceHandOver {
  private link: PusherLink | undefined;

  constructor(
    private readonly links: PusherLinks,
    private readonly replica: Replica,
    private readonly conversations: Conversations,
    drain: Drain,
  ) {
    drain.on('hand_over', () => this.finish());
    conversations.onFinished = (record) => this.handOver(record);
  }

  private async finish(): Promise<void> {
    await this.conversations.written(WRITTEN_LIMIT_MS);
    await this.link?.close(CLOSE_LIMIT_MS);
  }

  private handOver(record: ConversationRecord): void {
    this.link ??= this.links.open({
      sessionId: `calls-${this.replica.id}`,
      tenant: record.tenant,
      // It carries no audio.
      sampleRate: 8000,
      channels: 1,
      // Nobody waits for what becomes of it: the conversation says so itself.
      listener: { onResult: () => undefined, onState: () => undefined, onAudioLost: () => undefined },
    });
    this.link.requestProcessing(nextReadingOf(record));
  }
}
