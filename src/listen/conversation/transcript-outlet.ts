import type { AudioSource } from '../../audio/source-queues.js';
import type { PusherLink } from '../../pusher/link/pusher-link.js';
import type { ListenClient } from '../listen-client.js';
import type { Changes, LiveSegment } from '../segments/live-transcript.js';
import type { WatchedSegment } from '../speakers/speaker-identification.js';
import type { LiveConversation } from './live-conversation.js';

export interface OutletParts {
  readonly channels: 1 | 2;
  readonly client: Pick<ListenClient, 'send' | 'sendTranscript'>;
  readonly link: () => PusherLink | undefined;
  readonly onSegment: (segment: WatchedSegment) => void;
}

/** Segments of a conversation that goes on, for a client that has forgotten them. */
const SHOWN_AGAIN = 200;

/** Whom the transcript of a session goes to while it grows. */
export class TranscriptOutlet {
  constructor(private readonly parts: OutletParts) {}

  /** @param isKept whether it goes on to the pusher */
  tell(conversation: LiveConversation, { updated, removed }: Changes, isKept: boolean): void {
    const { client, link } = this.parts;
    const segments = conversation.segmentsOf(updated);
    if (segments.length > 0) client.sendTranscript(segments);
    if (removed.length > 0) client.send({ type: 'segments_deleted', segment_ids: [...removed] });
    for (const segment of updated) this.watch(conversation, segment);
    if (isKept && segments.length > 0) link()?.sendSegments(conversation.id, segments);
  }

  /** What was understood in another session. */
  tellAgain(conversation: LiveConversation): void {
    const known = conversation.transcript.list.slice(-SHOWN_AGAIN);
    if (known.length > 0) this.parts.client.sendTranscript(conversation.segmentsOf(known));
    for (const segment of known) this.watch(conversation, segment);
  }

  /** What is missing, as far as it has not been told. False if there is nothing. */
  tellGaps(conversation: LiveConversation, sources: readonly AudioSource[]): boolean {
    const news = conversation.gaps.news();
    const sinceBegin = (ms: number): number => Math.max(0, Math.round(ms - conversation.beginMs));
    for (const { source: only, of, reason, fromMs, toMs } of news) {
      const stretch = { of, reason, from_ms: sinceBegin(fromMs), to_ms: sinceBegin(toMs) };
      for (const source of only ? [only] : sources)
        this.parts.client.send({ type: 'audio_dropped', source, ...stretch });
    }
    return news.length > 0;
  }

  private watch(conversation: LiveConversation, segment: LiveSegment): void {
    const { id, speakerId, personId, startMs, endMs } = segment;
    const source = this.parts.channels === 2 && !segment.isUser ? 'system' : 'mic';
    this.parts.onSegment({ conversationId: conversation.id, id, source, speakerId, personId, startMs, endMs });
  }
}
