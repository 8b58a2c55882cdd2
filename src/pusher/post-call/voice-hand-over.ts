import { Injectable } from '@nestjs/common';
import { Drain } from '../../lifecycle/drain.js';
import { Conversations } from '../../services/conversations/conversations.js';
import { Replica } from '../../state/replica.js';
import { type PusherLink, PusherLinks } from '../link/pusher-link.js';
import { nextReadingOf } from './process-request.js';

/** What is not in the store by then is found by a pusher later. */
const WRITTEN_LIMIT_MS = 2000;
const CLOSE_LIMIT_MS = 2000;
const MOST_LINKS = 50;

/**
 * Hands calls with agents over when they are over: over one link for all of a tenant's, as a link is one tenant's, which
 * is made with the first. Beyond so many tenants, the link that was not needed for longest is let go.
 */
@Injectable()
export class VoiceHandOver {
  /** By tenant; the one that was needed last is the last. */
  private readonly open = new Map<string, PusherLink>();

  constructor(
    private readonly links: PusherLinks,
    private readonly replica: Replica,
    private readonly conversations: Conversations,
    drain: Drain,
  ) {
    drain.on('hand_over', () => this.finish());
    conversations.onFinished = (record) => this.linkOf(record.tenant).requestProcessing(nextReadingOf(record));
  }

  private async finish(): Promise<void> {
    await this.conversations.written(WRITTEN_LIMIT_MS);
    await Promise.all([...this.open.values()].map((link) => link.close(CLOSE_LIMIT_MS)));
  }

  private linkOf(tenant: string): PusherLink {
    const link = this.open.get(tenant) ?? this.connect(tenant);
    this.open.delete(tenant);
    this.open.set(tenant, link);
    const [longestUnneeded] = this.open;
    if (this.open.size > MOST_LINKS && longestUnneeded) {
      this.open.delete(longestUnneeded[0]);
      void longestUnneeded[1].close(CLOSE_LIMIT_MS);
    }
    return link;
  }

  private connect(tenant: string): PusherLink {
    return this.links.open({
      sessionId: `calls-${this.replica.id}`,
      tenant,
      // It carries no audio.
      sampleRate: 8000,
      channels: 1,
      // Nobody waits for what becomes of it: the conversation says so itself.
      listener: { onResult: () => undefined, onState: () => undefined, onAudioLost: () => undefined },
    });
  }
}
