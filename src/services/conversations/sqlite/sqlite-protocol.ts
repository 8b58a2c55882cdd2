import type { ConversationRecord, ConversationSummary } from '../conversation-record.js';
import type { ConversationQuery, UnfinishedQuery } from '../conversation-store.js';

export interface SqliteWorkerData {
  readonly file: string;
  readonly ttlMs: number;
}

export type SqliteOrder =
  | { readonly do: 'get'; readonly tenant: string; readonly id: string; readonly now: number }
  | { readonly do: 'list'; readonly query: ConversationQuery; readonly now: number }
  | { readonly do: 'unfinished'; readonly query: UnfinishedQuery; readonly now: number }
  | {
      readonly do: 'put';
      readonly record: ConversationRecord;
      readonly summary: ConversationSummary;
      readonly version: string | undefined;
      readonly now: number;
    }
  | { readonly do: 'remove'; readonly tenant: string; readonly id: string }
  | { readonly do: 'purge'; readonly now: number }
  | { readonly do: 'count' };
