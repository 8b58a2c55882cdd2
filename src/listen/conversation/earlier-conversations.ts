import { createHash } from 'node:crypto';
import type { Clock } from '../../kernel/clock.js';
import { messageOf } from '../../kernel/errors.js';
import type { ConversationRecord, Listened } from '../../services/conversations/conversation-record.js';
import type { Conversations } from '../../services/conversations/conversations.js';
import type { KeyValueStore } from '../../state/store/key-value-store.js';
import type { ListenFacts } from './live-conversation.js';

/** A conversation that was begun in another session. */
export type EarlierConversation = ConversationRecord & { readonly listened: Listened };

export interface EarlierParts {
  readonly facts: ListenFacts;
  readonly clock: Clock;
  readonly conversations: Pick<Conversations, 'find' | 'change' | 'unfinished'>;
  readonly pointers: Pick<KeyValueStore, 'get' | 'set'>;
  /** Silence after which a conversation is over, ms. */
  readonly timeoutMs: number;
  /** Asks the session that has it to give it up; resolves when it has, or cannot. Never rejects. */
  readonly giveUp: (sessionId: string) => Promise<void>;
  readonly log: (message: string) => void;
}

/** Whoever lives has written within it. */
const ALIVE_MS = 60_000;
const POINTER_MS = 86_400_000;

/** What the same client, or the same device, has begun before. Each of the promises may reject with `store_failed`. */
export class EarlierConversations {
  constructor(private readonly parts: EarlierParts) {}

  /** One that this session may go on with, or that has to be handed over because it is over; undefined if there is none. */
  async find(conversationId: string | undefined): Promise<EarlierConversation | undefined> {
    const id = conversationId ?? (await this.pointer());
    return id === undefined ? undefined : this.open(id);
  }

  /** Whether another session seems to have it. */
  isLive({ updatedAt }: EarlierConversation): boolean {
    return this.parts.clock.wallTime() - Date.parse(updatedAt) < ALIVE_MS;
  }

  isOver(record: EarlierConversation): boolean {
    return this.idleMs(record) >= this.parts.timeoutMs || !this.isOfThisKind(record);
  }

  /** Whether this session can go on with it at all. */
  isOfThisKind({ listened }: EarlierConversation): boolean {
    return listened.channels === this.parts.facts.channels;
  }

  /** The newer connection wins. Undefined if there is nothing left to go on with. */
  async takeOver(record: EarlierConversation): Promise<EarlierConversation | undefined> {
    const { conversations, facts } = this.parts;
    await this.parts.giveUp(record.listened.owner);
    const taken = await conversations.change(facts.tenant, record.id, (stored) => {
      if (!stored?.listened || stored.status !== 'in_progress') return undefined;
      return { ...stored, listened: { ...stored.listened, owner: facts.sessionId } };
    });
    return taken && asListened(taken);
  }

  /** It is over: nobody writes it any more. False if somebody else has said so, or still writes it. */
  async close(record: EarlierConversation): Promise<boolean> {
    const { conversations, facts, clock } = this.parts;
    const closed = await conversations.change(facts.tenant, record.id, (stored) => {
      if (stored?.status !== 'in_progress' || stored.updatedAt !== record.updatedAt) return undefined;
      const updatedAt = new Date(clock.wallTime()).toISOString();
      return { ...stored, status: 'processing', endReason: stored.endReason ?? 'lost', updatedAt };
    });
    return closed !== undefined;
  }

  /** Those of this device that nobody has gone on with, and that are over. */
  async leftovers(signal: AbortSignal): Promise<EarlierConversation[]> {
    const { conversations, facts, clock, timeoutMs } = this.parts;
    if (facts.source === null) return [];
    const updatedBefore = new Date(clock.wallTime() - Math.max(ALIVE_MS, timeoutMs)).toISOString();
    const found: EarlierConversation[] = [];
    for await (const { tenant, kind, status, id } of conversations.unfinished(updatedBefore)) {
      signal.throwIfAborted();
      if (tenant !== facts.tenant || kind !== 'listen' || status !== 'in_progress') continue;
      const record = await this.open(id);
      if (record?.listened.source === facts.source && this.idleMs(record) >= timeoutMs) found.push(record);
    }
    return found;
  }

  /** A device goes on where it was, even if it does not remember. Never rejects. */
  async remember(id: string): Promise<void> {
    const key = this.pointerKey();
    if (key === undefined) return;
    try {
      await this.parts.pointers.set(key, id, POINTER_MS);
    } catch (error) {
      this.parts.log(`What the device is told is not remembered: ${messageOf(error)}`);
    }
  }

  private async open(id: string): Promise<EarlierConversation | undefined> {
    const { conversations, facts } = this.parts;
    const record = await conversations.find(facts.tenant, id);
    return record?.status === 'in_progress' ? asListened(record) : undefined;
  }

  private idleMs({ startedAt, listened: { segments } }: EarlierConversation): number {
    const finishedMs = Math.max(0, ...segments.map(({ end }) => end * 1000));
    return this.parts.clock.wallTime() - Date.parse(startedAt) - finishedMs;
  }

  private async pointer(): Promise<string | undefined> {
    const key = this.pointerKey();
    return key === undefined ? undefined : await this.parts.pointers.get(key);
  }

  /** By device: two of one user never share a conversation. */
  private pointerKey(): string | undefined {
    const { tenant, subject, source } = this.parts.facts;
    if (source === null) return undefined;
    const device = JSON.stringify([tenant, subject, source]);
    return `listening:${createHash('sha256').update(device).digest('hex')}`;
  }
}

function asListened(record: ConversationRecord): EarlierConversation | undefined {
  const { kind, listened } = record;
  return kind === 'listen' && listened ? { ...record, listened } : undefined;
}
