import type { AudioSource } from '../../audio/source-queues.js';
import type { Clock } from '../../kernel/clock.js';
import type { ProcessResult, PusherLink } from '../../pusher/link/pusher-link.js';
import type { Recordings } from '../../services/archive/recordings.js';
import type { ConversationRecord } from '../../services/conversations/conversation-record.js';
import type { Conversations } from '../../services/conversations/conversations.js';
import type { KeyValueStore } from '../../state/store/key-value-store.js';
import type { ListenClient } from '../listen-client.js';
import type { SpeakerAssigned } from '../messages/client-messages.js';
import type { NotedGap } from '../segments/gap-book.js';
import type { Changes } from '../segments/live-transcript.js';
import type { SpeakerMatch, WatchedSegment } from '../speakers/speaker-identification.js';
import { ConversationKeeper, type Loss } from './conversation-keeper.js';
import { type EarlierConversation, EarlierConversations } from './earlier-conversations.js';
import { HandOver } from './hand-over.js';
import { SpeakerNaming } from './speaker-naming.js';
import { Succession } from './succession.js';
import { type HeardSegment, type ListenFacts, LiveConversation } from './live-conversation.js';
import { TranscriptOutlet } from './transcript-outlet.js';

export type ListenStore = Pick<Conversations, 'redact' | 'find' | 'change' | 'unfinished' | 'remove' | 'note'>;

export interface LifecycleParts {
  readonly facts: ListenFacts;
  /** Whether anything may be kept, and processed. */
  readonly keeps: boolean;
  /** Silence after which a conversation is over, ms. */
  readonly timeoutMs: number;
  readonly clock: Clock;
  readonly conversations: ListenStore;
  readonly recordings: Pick<Recordings, 'removeAll'>;
  readonly pointers: Pick<KeyValueStore, 'get' | 'set'>;
  /** Whether voices may be learned from what is archived. */
  readonly teaches: boolean;
  readonly client: Pick<ListenClient, 'send' | 'sendTranscript'>;
  readonly link: () => PusherLink | undefined;
  readonly nowMs: () => number;
  /** Asks the session that has a conversation to give it up; resolves when it has, or cannot. Never rejects. */
  readonly giveUp: (sessionId: string) => Promise<void>;
  /** Work that may outlive the session for a while. */
  readonly spawn: (name: string, work: (signal: AbortSignal) => Promise<void>) => void;
  /** What is heard from `atMs` on belongs to this one. Session ms. */
  readonly onSwitch: (conversationId: string, atMs: number) => void;
  readonly onSegment: (segment: WatchedSegment) => void;
  /** Another session goes on with the conversation. */
  readonly onTakenOver: () => void;
  readonly log: (level: 'info' | 'warn' | 'error', message: string) => void;
}

/** Beyond it a transcript is too long for one record: the conversation goes on as another one. */
const MOST_UTTERANCES = 4000;

const losses: Readonly<Record<Loss, string>> = {
  taken_over: 'Another session goes on with the conversation',
  closed: 'Somebody else has taken the conversation for over',
  removed: 'The conversation was deleted',
};

/**
 * The conversations of one session, one after the other: each is begun, written down, and when it is over handed over to be
 * processed elsewhere. Nothing here waits for the store or the pusher.
 */
export class ConversationLifecycle {
  private conversation: LiveConversation | undefined;
  /** Of those that are not stored as they are to be. */
  private readonly keepers = new Map<string, { keeper: ConversationKeeper; conversation: LiveConversation }>();
  private readonly handedOver = new Set<string>();
  private audioBeganMs: number | undefined;
  /** Undefined until it is known. */
  private paused: boolean | undefined;

  private readonly earlier: EarlierConversations;
  private readonly handOver: HandOver;
  private readonly succession: Succession;
  private readonly naming: SpeakerNaming;
  private readonly outlet: TranscriptOutlet;

  constructor(private readonly parts: LifecycleParts) {
    const { facts, client, conversations, log } = parts;
    this.outlet = new TranscriptOutlet({ ...parts, channels: facts.channels });
    this.earlier = new EarlierConversations({ ...parts, log: (message) => log('warn', message) });
    this.handOver = new HandOver({ ...parts, tenant: facts.tenant, send: (event) => client.send(event) });
    this.succession = new Succession({ ...parts, earlier: this.earlier, handOver: this.handOver });
    this.naming = new SpeakerNaming({
      ...parts,
      redact: conversations.redact,
      onNamed: (conversation, updated) => this.tell(conversation, { updated, removed: [] }),
    });
  }

  get current(): LiveConversation | undefined {
    return this.conversation;
  }

  /** Finds what to go on with, or begins. Resolves with whether it was paused when it was left. Never rejects. */
  async begin(conversationId: string | undefined): Promise<boolean> {
    const record = this.parts.keeps ? await this.succession.find(conversationId) : undefined;
    const wasPaused = record?.listened.paused === true;
    // What has been said in this session is newer.
    this.paused ??= wasPaused;
    if (record) this.goOn(record);
    else this.startAnew(this.audioBeganMs ?? this.parts.nowMs());
    return wasPaused;
  }

  /** Whoever goes on with the conversation finds it like that. */
  pause(paused: boolean): void {
    this.paused = paused;
    const { conversation } = this;
    if (!conversation) return;
    conversation.paused = paused;
    this.keeperOf(conversation)?.note();
  }

  /** The first audio has come: what is heard counts from there. Session ms. */
  audioBegan(atMs: number): void {
    this.audioBeganMs = atMs;
    this.conversation?.beginAt(atMs);
  }

  hear(heard: readonly HeardSegment[]): void {
    if (!this.conversation || heard.length === 0) return;
    this.tell(this.conversation, this.conversation.hear(heard));
  }

  note(gap: NotedGap): void {
    this.conversation?.gaps.note(gap);
  }

  /** Tells the client what is missing, as far as it has not been told. */
  tellGaps(sources: readonly AudioSource[]): void {
    const { conversation } = this;
    if (conversation && this.outlet.tellGaps(conversation, sources)) this.keeperOf(conversation)?.note();
  }

  /** @returns what is wrong with it */
  assign(message: SpeakerAssigned): string | undefined {
    return this.naming.assign(this.conversation, message);
  }

  /** Somebody was known by their voice. */
  recognise(match: SpeakerMatch): void {
    this.naming.recognise(this.conversation, match);
  }

  /** Looks whether the conversation is over. @param silentSinceMs if not from its end on. Session ms. */
  poll(silentSinceMs: number): void {
    const { conversation } = this;
    if (!conversation) return;
    const nowMs = this.parts.nowMs();
    const silentMs = nowMs - Math.max(conversation.finishedAtMs, silentSinceMs);
    if (silentMs < this.parts.timeoutMs && conversation.transcript.size < MOST_UTTERANCES) return;
    conversation.endReason = silentMs < this.parts.timeoutMs ? 'length' : 'silence';
    this.startAnew(nowMs);
    this.over(conversation);
  }

  /** Hands over what the same device has left behind. */
  clearLeftovers(signal: AbortSignal): Promise<void> {
    return this.succession.clearLeftovers(() => this.conversation?.id, signal);
  }

  /** Resolves when everything that was understood is stored, or cannot be any more. Never rejects. */
  async stored(): Promise<void> {
    await Promise.all([...this.keepers.values()].map(({ keeper }) => keeper.settled()));
  }

  onResult(result: ProcessResult): void {
    this.handOver.onResult(result);
  }

  /** The session is over; so is the conversation, or somebody may go on with it. Never rejects. */
  async end(reason: string, isOver: boolean): Promise<void> {
    const { conversation } = this;
    if (!conversation || !this.parts.keeps || this.handedOver.has(conversation.id)) return;
    conversation.endReason = reason;
    if (isOver) return await this.complete(conversation);
    const keeper = this.keeperOf(conversation);
    keeper?.note();
    await keeper?.settled();
  }

  /**
   * Writes nothing any more: what could not be stored is left to those who can wait, and found by them. Idempotent.
   * @param isOver whether the conversation ends with the session
   */
  close(isOver: boolean): void {
    for (const { keeper, conversation } of this.keepers.values()) {
      const isToBeProcessed = isOver && conversation.status === 'in_progress' && !conversation.isEmpty;
      if (isToBeProcessed) conversation.status = 'processing';
      if (keeper.stop() || isToBeProcessed) this.parts.conversations.note(conversation.record(this.parts.nowMs()));
    }
    this.keepers.clear();
  }

  private goOn(record: EarlierConversation): void {
    const { facts, conversations, client, nowMs } = this.parts;
    const conversation = LiveConversation.goOn(facts, conversations.redact, record, record.listened);
    const awaySinceMs = Date.parse(record.updatedAt) - facts.wallOriginMs;
    conversation.gaps.note({
      source: undefined,
      of: 'audio',
      reason: 'disconnected',
      fromMs: awaySinceMs,
      toMs: nowMs(),
    });
    this.adopt(conversation, true);
    client.send({ type: 'conversation_session', conversation_id: conversation.id, status: 'in_progress' });
    this.outlet.tellAgain(conversation);
  }

  private startAnew(atMs: number): LiveConversation {
    const { facts, conversations, client, keeps } = this.parts;
    const conversation = new LiveConversation(facts, conversations.redact, Math.round(atMs));
    this.adopt(conversation, false);
    if (keeps) client.send({ type: 'conversation_session', conversation_id: conversation.id, status: 'in_progress' });
    return conversation;
  }

  private adopt(conversation: LiveConversation, known: boolean): void {
    this.conversation = conversation;
    conversation.paused = this.paused === true;
    if (!this.parts.keeps) return;
    const { conversations, clock, facts, nowMs, log } = this.parts;
    const keeper = new ConversationKeeper({
      conversations,
      clock,
      tenant: facts.tenant,
      id: conversation.id,
      owner: facts.sessionId,
      known,
      record: () => conversation.record(nowMs()),
      onLost: (loss, stored) => this.onLost(conversation, loss, stored),
      log,
    });
    this.keepers.set(conversation.id, { keeper, conversation });
    keeper.note();
    this.parts.onSwitch(conversation.id, conversation.beginMs);
    this.parts.spawn(`remember ${conversation.id}`, () => this.earlier.remember(conversation.id));
  }

  /** It is over, and another one has begun. */
  private over(conversation: LiveConversation): void {
    if (this.parts.keeps) this.parts.spawn(`hand_over ${conversation.id}`, () => this.complete(conversation));
  }

  private async complete(conversation: LiveConversation): Promise<void> {
    const keeper = this.keeperOf(conversation);
    if (!keeper || this.handedOver.has(conversation.id)) return;
    this.handedOver.add(conversation.id);
    if (conversation.isEmpty) {
      keeper.stop();
      this.keepers.delete(conversation.id);
      await keeper.idle();
      return await this.handOver.discard(conversation.id);
    }
    conversation.status = 'processing';
    keeper.note();
    if (!(await keeper.settled())) return;
    keeper.stop();
    this.keepers.delete(conversation.id);
    this.handOver.request(conversation.record(this.parts.nowMs()));
  }

  private onLost(conversation: LiveConversation, loss: Loss, stored: ConversationRecord | undefined): void {
    this.keepers.delete(conversation.id);
    this.parts.log('warn', losses[loss]);
    if (conversation !== this.conversation || this.handedOver.has(conversation.id)) return;
    if (loss === 'taken_over') return this.parts.onTakenOver();
    // Of what was deleted nothing is kept, until it is over.
    if (loss === 'removed') return;
    const storedMs = Math.max(0, ...(stored?.listened?.segments ?? []).map(({ end }) => end * 1000));
    const next = this.startAnew(this.parts.nowMs());
    next.adopt(conversation, conversation.beginMs + storedMs);
    this.tell(next, { updated: next.transcript.list, removed: [] });
  }

  /** Tells everybody what has changed in the transcript. */
  private tell(conversation: LiveConversation, changes: Changes): void {
    const keeper = this.keeperOf(conversation);
    this.outlet.tell(conversation, changes, keeper !== undefined);
    keeper?.note();
  }

  private keeperOf(conversation: LiveConversation): ConversationKeeper | undefined {
    return this.keepers.get(conversation.id)?.keeper;
  }
}
