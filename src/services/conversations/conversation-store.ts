import type { ConversationRecord, ConversationSummary } from './conversation-record.js';

export interface StoredConversation {
  readonly record: ConversationRecord;
  /** Changes with each write. */
  readonly version: string;
}

export interface ConversationQuery {
  /** Undefined: all tenants. */
  readonly tenant: string | undefined;
  /** 1 to 200. */
  readonly limit: number;
  /** Only those that began before, ISO 8601. */
  readonly before: string | undefined;
}

export interface UnfinishedQuery {
  /** ISO 8601. */
  readonly updatedBefore: string;
  /** ISO 8601; then too. Undefined: from the longest on. */
  readonly updatedSince?: string | undefined;
  /** 1 to 200. */
  readonly limit: number;
}

/**
 * Keeps conversations. Each of the promises rejects with `store_failed` when the store cannot be reached or does not
 * answer in time; it is `retryable` unless the store will never take what it was given.
 */
export abstract class ConversationStore {
  abstract readonly name: string;
  /**
   * Makes it usable; rejects with a sentence that names the setting. If that is `retryable`, each of the others tries it
   * again.
   */
  abstract start(signal: AbortSignal): Promise<void>;
  abstract check(): Promise<Record<string, unknown>>;
  abstract get(tenant: string, id: string): Promise<StoredConversation | undefined>;
  /** The newest first. */
  abstract list(query: ConversationQuery): Promise<ConversationSummary[]>;
  /** Those `in_progress` or `processing` that nobody has written for a while, of all tenants, the longest first. */
  abstract unfinished(query: UnfinishedQuery): Promise<ConversationSummary[]>;
  /**
   * Resolves with the new version; rejects with `conflict` when the conversation has another version than `version`.
   * @param version undefined: it is not there yet.
   */
  abstract put(record: ConversationRecord, version: string | undefined): Promise<string>;
  /** Whether there was one. */
  abstract remove(tenant: string, id: string): Promise<boolean>;
  abstract close(): Promise<void>;
}
