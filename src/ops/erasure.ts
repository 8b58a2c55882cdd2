import { Injectable } from '@nestjs/common';
import { z } from 'zod';
import { JobQueue } from '../pusher/jobs/job-queue.js';
import { Recordings } from '../services/archive/recordings.js';
import type { ConversationSummary } from '../services/conversations/conversation-record.js';
import { Conversations } from '../services/conversations/conversations.js';
import { People } from '../services/people/people.js';

const PAGE = 200;
/** What one request erases at most, and looks at: it is to be answered before its asker gives up. */
const MOST_ERASED = 200;
const MOST_LOOKED_AT = 2000;
/** Of the queue. */
const MOST_DEAD = 10_000;
const aboutConversation = z.object({ tenant: z.string(), conversationId: z.string() });

/** What is to be erased: these conversations, those in which somebody speaks, or those that began before (ISO 8601). */
export type ErasureScope =
  | { readonly kind: 'conversations'; readonly ids: readonly string[] }
  | { readonly kind: 'person'; readonly personId: string; readonly cursor: string | undefined }
  | { readonly kind: 'before'; readonly before: string; readonly cursor: string | undefined };

export interface Erased {
  /** Those of which there was anything. */
  readonly conversationIds: string[];
  readonly conversations: number;
  /** Files. */
  readonly recordings: number;
  readonly deadLetters: number;
  /** People who are known by voice from fewer conversations, or not at all. */
  readonly voices: number;
  /** Where to go on; undefined if that was all. */
  readonly next: string | undefined;
}

/** Erases what is kept of conversations and of people, wherever it is. All of it can be done again, and has to be when it was rejected. */
@Injectable()
export class Erasure {
  constructor(
    private readonly conversations: Conversations,
    private readonly recordings: Recordings,
    private readonly people: People,
    private readonly queue: JobQueue,
  ) {}

  /** Rejects with `store_failed` or `state_unavailable`; then some may be left. */
  async erase(tenant: string, scope: ErasureScope): Promise<Erased> {
    const { ids, next } = await this.find(tenant, scope);
    const erased = { conversationIds: [] as string[], conversations: 0, recordings: 0 };
    for (const id of ids) {
      const recordings = await this.recordings.removeAll(tenant, id);
      const wasThere = this.conversations.enabled && (await this.conversations.remove(tenant, id));
      erased.recordings += recordings;
      if (wasThere) erased.conversations++;
      if (wasThere || recordings > 0) erased.conversationIds.push(id);
    }
    const deadLetters = await this.removeDead(tenant, new Set(ids));
    let voices = ids.length > 0 ? await this.people.forgetConversations(tenant, new Set(ids)) : 0;
    if (scope.kind === 'person' && (await this.people.remove(tenant, scope.personId))) voices++;
    return { ...erased, deadLetters, voices, next };
  }

  private async find(
    tenant: string,
    scope: ErasureScope,
  ): Promise<{ readonly ids: readonly string[]; readonly next: string | undefined }> {
    if (scope.kind === 'conversations') return { ids: scope.ids, next: undefined };
    if (!this.conversations.enabled) return { ids: [], next: undefined };
    const ids = new Set<string>();
    let before = scope.cursor ?? (scope.kind === 'before' ? scope.before : undefined);
    for (let looked = 0; looked < MOST_LOOKED_AT && ids.size < MOST_ERASED; looked += PAGE) {
      const page = await this.conversations.list({ tenant, limit: PAGE, before });
      for (const summary of page)
        if (scope.kind === 'before' || (await this.speaksIn(summary, scope.personId))) ids.add(summary.id);
      if (page.length < PAGE) return { ids: [...ids], next: undefined };
      before = behind(page, before);
    }
    return { ids: [...ids], next: before };
  }

  private async speaksIn({ tenant, id, kind }: ConversationSummary, personId: string): Promise<boolean> {
    if (kind !== 'listen') return false;
    const { listened } = (await this.conversations.find(tenant, id)) ?? {};
    if (!listened) return false;
    return (
      Object.hasOwn(listened.people, personId) || listened.segments.some((segment) => segment.person_id === personId)
    );
  }

  private async removeDead(tenant: string, ids: ReadonlySet<string>): Promise<number> {
    let removed = 0;
    for (const { id, payload } of ids.size > 0 ? await this.queue.dead(MOST_DEAD) : []) {
      const about = aboutConversation.safeParse(payload).data;
      if (about?.tenant === tenant && ids.has(about.conversationId) && (await this.queue.remove(id))) removed++;
    }
    return removed;
  }
}

/** Where the next page begins: with those that began at the same time as the last of this one, which may not all be on it. */
function behind(page: readonly ConversationSummary[], before: string | undefined): string {
  const last = page.at(-1)!.startedAt;
  const next = new Date(Date.parse(last) + 1).toISOString();
  return before === undefined || next < before ? next : last;
}
