import { randomUUID } from 'node:crypto';
import type { ConversationRecord, Listened, Segment } from '../../services/conversations/conversation-record.js';
import type { Redact } from '../../services/conversations/redaction.js';
import type { LegSegment } from '../../speech/gate/leg-transcriber.js';
import { GapBook } from '../segments/gap-book.js';
import { type Changes, LiveTranscript, type LiveSegment, segmentOf } from '../segments/live-transcript.js';
import { type LegOwner, SpeakerLabels } from '../segments/speaker-labels.js';
import type { Utterance } from '../segments/utterance.js';

/** What of a session is written into each of its conversations. */
export interface ListenFacts {
  readonly sessionId: string;
  readonly tenant: string;
  /** Whose credential it was opened with. */
  readonly subject: string;
  readonly language: string;
  readonly source: string | null;
  readonly channels: 1 | 2;
  readonly consent: Listened['consent'];
  /** Whether the audio is to be archived. */
  readonly recorded: boolean;
  /** Unix ms of session ms 0; whole. */
  readonly wallOriginMs: number;
  /** Of the session's trace; undefined where nothing is traced. */
  readonly traceparent?: string;
}

/** Something that a leg's recogniser has understood. */
export interface HeardSegment {
  readonly segment: LegSegment;
  /** Undefined where several share the leg. */
  readonly owner: LegOwner | undefined;
}

const MOST_PEOPLE = 1000;

/** One conversation while a session listens to it. */
export class LiveConversation {
  status: 'in_progress' | 'processing' = 'in_progress';
  endReason: string | null = null;
  /** Whether nothing of what is said is heard. */
  paused = false;
  readonly transcript: LiveTranscript;
  readonly gaps = new GapBook();
  private labels = new SpeakerLabels();
  private readonly people = new Map<string, string>();
  private resumed = false;

  /** @param originMs session ms of its beginning; whole */
  constructor(
    private readonly facts: ListenFacts,
    redact: Redact,
    private originMs: number,
    readonly id: string = randomUUID(),
  ) {
    this.transcript = new LiveTranscript(redact);
  }

  /** One that was begun in another session. */
  static goOn(facts: ListenFacts, redact: Redact, record: ConversationRecord, heard: Listened): LiveConversation {
    const originMs = Date.parse(record.startedAt) - facts.wallOriginMs;
    const conversation = new LiveConversation(facts, redact, originMs, record.id);
    conversation.resumed = true;
    conversation.transcript.restore(
      heard.segments.map(({ id, text, start, end, speaker_id, is_user, person_id, stt_provider }) => ({
        id,
        text,
        startMs: originMs + start * 1000,
        endMs: originMs + end * 1000,
        speakerId: speaker_id,
        isUser: is_user,
        personId: person_id,
        provider: stt_provider,
      })),
    );
    conversation.labels = new SpeakerLabels(1 + Math.max(0, ...heard.segments.map(({ speaker_id }) => speaker_id)));
    conversation.gaps.restore(
      heard.gaps.map(({ of, reason, start, end }) => ({
        source: undefined,
        of,
        reason,
        fromMs: originMs + start * 1000,
        toMs: originMs + end * 1000,
      })),
    );
    for (const [id, name] of Object.entries(heard.people)) conversation.people.set(id, name);
    return conversation;
  }

  get isEmpty(): boolean {
    return this.transcript.size === 0;
  }

  /** When the last one to speak had finished; if nobody has spoken, its beginning. Session ms. */
  get finishedAtMs(): number {
    return this.transcript.endMs ?? this.originMs;
  }

  /** Session ms. */
  get beginMs(): number {
    return this.originMs;
  }

  /** What is known now of when it really began, as long as nothing has come of it. */
  beginAt(originMs: number): void {
    if (this.isEmpty && !this.resumed) this.originMs = Math.round(originMs);
  }

  has(segmentId: string): boolean {
    return this.transcript.list.some(({ id }) => id === segmentId);
  }

  hear(heard: readonly HeardSegment[]): Changes {
    const utterances = heard.map((item) => this.utteranceOf(item));
    const firstMs = Math.min(...utterances.map(({ startMs }) => startMs));
    // Somebody began to speak when the conversation before was just taken for over.
    if (firstMs < this.originMs) this.beginAt(firstMs);
    return this.transcript.add(utterances);
  }

  /** What was understood after `sinceMs`, which another conversation has not got. */
  adopt(other: LiveConversation, sinceMs: number): void {
    const utterances = other.transcript.list.flatMap((segment) => segment.utterances);
    const missing = utterances.filter(({ startMs }) => startMs >= sinceMs);
    this.beginAt(Math.min(this.originMs, ...missing.map(({ startMs }) => startMs)));
    this.transcript.add(missing);
    this.labels = other.labels;
    for (const [id, name] of other.people) this.people.set(id, name);
  }

  /** Says who a speaker is, and has said these segments. Returns those that there are. */
  identify(
    speakerId: number,
    ids: readonly string[],
    person: { readonly id: string; readonly name: string; readonly isUser?: boolean },
  ): LiveSegment[] {
    const identity = { personId: person.id, isUser: person.isUser };
    if (this.people.size < MOST_PEOPLE) this.people.set(person.id, person.name);
    this.labels.identify(speakerId, identity);
    return this.transcript.identify(new Set(ids), identity);
  }

  segmentsOf(segments: readonly LiveSegment[]): Segment[] {
    return segments.map((segment) => segmentOf(segment, this.originMs));
  }

  /** @param nowMs session ms */
  record(nowMs: number): ConversationRecord {
    const { sessionId: owner, tenant, language, source, channels, consent, recorded, traceparent } = this.facts;
    return {
      id: this.id,
      kind: 'listen',
      tenant,
      scenario: '',
      agent: '',
      status: this.status,
      startedAt: this.isoOf(this.originMs),
      updatedAt: this.isoOf(nowMs),
      endReason: this.endReason,
      entries: [],
      ...(traceparent !== undefined && { traceparent }),
      listened: {
        owner,
        language,
        source,
        channels,
        consent,
        recorded,
        paused: this.paused && this.status === 'in_progress',
        segments: this.segmentsOf(this.transcript.list),
        gaps: this.gaps.list(this.originMs),
        people: Object.fromEntries(this.people),
      },
    };
  }

  private utteranceOf({ segment, owner }: HeardSegment): Utterance {
    const { speakerId, isUser } = this.labels.labelOf(owner, segment.epoch, segment.speaker);
    const { text, startMs, provider } = segment;
    const personId = this.labels.personOf(speakerId);
    return { text, startMs, endMs: Math.max(startMs, segment.endMs), speakerId, isUser, personId, provider };
  }

  private isoOf(sessionMs: number): string {
    return new Date(this.facts.wallOriginMs + Math.round(sessionMs)).toISOString();
  }
}
