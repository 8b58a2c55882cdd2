import type { PusherLink } from '../../pusher/link/pusher-link.js';
import type { Redact } from '../../services/conversations/redaction.js';
import { isOwnVoice, keptAs } from '../../services/people/own-voice.js';
import type { ListenClient } from '../listen-client.js';
import type { SpeakerAssigned } from '../messages/client-messages.js';
import type { LiveSegment } from '../segments/live-transcript.js';
import type { SpeakerMatch } from '../speakers/speaker-identification.js';
import type { ListenFacts, LiveConversation } from './live-conversation.js';

export interface NamingParts {
  readonly facts: Pick<ListenFacts, 'tenant' | 'subject'>;
  /** Whether voices may be learned from what is archived. */
  readonly teaches: boolean;
  readonly redact: Redact;
  readonly client: Pick<ListenClient, 'send'>;
  readonly link: () => PusherLink | undefined;
  readonly onNamed: (conversation: LiveConversation, changed: readonly LiveSegment[]) => void;
}

/** Who has said what: by the word of the client, or by their voice. */
export class SpeakerNaming {
  constructor(private readonly parts: NamingParts) {}

  /** The client says so. @returns what is wrong with it */
  assign(conversation: LiveConversation | undefined, message: SpeakerAssigned): string | undefined {
    const { segment_ids, speaker_id, person_id } = message;
    const name = this.parts.redact(message.person_name);
    // Segments of another conversation: so is the speaker.
    if (!conversation || (segment_ids.length > 0 && !segment_ids.some((id) => conversation.has(id))))
      return 'speaker_assigned: none of these segments is in the current conversation';
    const changed = conversation.identify(speaker_id, segment_ids, { id: person_id, name });
    this.parts.onNamed(conversation, changed);
    // Nobody teaches somebody else's own voice.
    if (changed.length > 0 && !isOwnVoice(person_id)) this.teach(conversation, changed, person_id, name);
    return undefined;
  }

  /** Somebody was known by their voice. */
  recognise(conversation: LiveConversation | undefined, match: SpeakerMatch): void {
    if (conversation?.id !== match.conversationId) return;
    const { speakerId, segmentId, segmentIds, personId: id, personName: name, isUser, distance } = match;
    const changed = conversation.identify(speakerId, segmentIds, { id, name, ...(isUser ? { isUser } : {}) });
    this.parts.onNamed(conversation, changed);
    this.parts.client.send({
      type: 'speaker_label_suggestion',
      speaker_id: speakerId,
      person_id: id,
      person_name: name,
      distance,
      segments: changed.map((segment) => segment.id),
      segment_id: segmentId,
    });
  }

  private teach(
    conversation: LiveConversation,
    segments: readonly LiveSegment[],
    personId: string,
    personName: string,
  ): void {
    const { facts, teaches, link } = this.parts;
    if (!teaches) return;
    link()?.requestSample({
      tenant: facts.tenant,
      conversationId: conversation.id,
      segmentIds: segments.map(({ id }) => id),
      personId: keptAs(personId, facts.subject),
      personName,
    });
  }
}
