import { beforeEach, describe, expect, it } from '@jest/globals';
import { Drain } from '../../lifecycle/drain.js';
import { DrainState } from '../../lifecycle/drain-state.js';
import type { Conversations } from '../../services/conversations/conversations.js';
import { record } from '../../services/conversations/testing/writer-bench.js';
import { Replica } from '../../state/replica.js';
import { type LinkOptions, type PusherLink, PusherLinks, type ProcessRequest } from '../link/pusher-link.js';
import { VoiceHandOver } from './voice-hand-over.js';

/** Links on which nothing is sent; what was asked of each, and which are closed, is kept. */
class NotedLinks extends PusherLinks {
  readonly opened: { tenant: string; asked: string[]; closed: boolean }[] = [];

  override open({ tenant }: LinkOptions): PusherLink {
    const noted = { tenant, asked: [] as string[], closed: false };
    this.opened.push(noted);
    return {
      state: 'connected',
      setConversation: () => undefined,
      sendAudio: () => undefined,
      sendSegments: () => undefined,
      requestSample: () => undefined,
      requestProcessing: (request: ProcessRequest) => {
        expect(request.tenant).toBe(tenant);
        noted.asked.push(request.conversationId);
      },
      close: () => {
        noted.closed = true;
        return Promise.resolve();
      },
    };
  }
}

describe('calls that are over', () => {
  const conversations = { onFinished: () => undefined, written: () => Promise.resolve() } as unknown as Conversations;
  let links: NotedLinks;
  let drain: Drain;
  const end = (tenant: string, id: string): void => conversations.onFinished(record(id, [1], { tenant }));
  beforeEach(() => {
    links = new NotedLinks();
    drain = new Drain(new DrainState());
    expect(new VoiceHandOver(links, new Replica(), conversations, drain)).toBeDefined();
  });

  it('are handed over by the link of their tenant', async () => {
    end('acme', 'a1');
    end('bolt', 'b1');
    end('acme', 'a2');
    expect(links.opened).toEqual([
      { tenant: 'acme', asked: ['a1', 'a2'], closed: false },
      { tenant: 'bolt', asked: ['b1'], closed: false },
    ]);
    await drain.beforeApplicationShutdown();
    expect(links.opened.map(({ closed }) => closed)).toEqual([true, true]);
  });

  it('of very many tenants let go of the link that was not needed for longest', () => {
    for (let tenant = 0; tenant < 50; tenant++) end(`tenant-${tenant}`, 'first');
    end('tenant-0', 'again');
    end('one-more', 'first');
    expect(links.opened.filter(({ closed }) => closed).map(({ tenant }) => tenant)).toEqual(['tenant-1']);
    end('tenant-1', 'again');
    expect(links.opened.filter(({ tenant }) => tenant === 'tenant-1')).toMatchObject([
      { asked: ['first'], closed: true },
      { asked: ['again'], closed: false },
    ]);
  });
});
