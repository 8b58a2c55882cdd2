import { Injectable, Optional } from '@nestjs/common';
import { PinoLogger } from 'nestjs-pino';
import { ConversationConfig } from '../config/conversation.config.js';
import { ListenConfig } from '../config/listen.config.js';
import { EventBus } from '../events/event-bus.js';
import { Clock } from '../kernel/clock.js';
import { PusherLinks } from '../pusher/link/pusher-link.js';
import { Recordings } from '../services/archive/recordings.js';
import { Conversations } from '../services/conversations/conversations.js';
import { LegTranscribers } from '../speech/gate/leg-transcriber.js';
import { AudioQueues } from '../state/overload/audio-queues.js';
import { SessionDirectory } from '../state/session-directory.js';
import { SessionRegistry } from '../state/session-registry.js';
import { KeyValueStore } from '../state/store/key-value-store.js';
import { ListeningHints } from './hearing/listening-hints.js';
import { SpeakerIdentification } from './speakers/speaker-identification.js';

/** What every session that listens needs of the process. */
@Injectable()
export class ListenServices {
  constructor(
    readonly clock: Clock,
    readonly config: ListenConfig,
    readonly conversationConfig: ConversationConfig,
    readonly transcribers: LegTranscribers,
    readonly hints: ListeningHints,
    readonly audioQueues: AudioQueues,
    readonly conversations: Conversations,
    readonly recordings: Recordings,
    readonly links: PusherLinks,
    readonly pointers: KeyValueStore,
    readonly directory: SessionDirectory,
    readonly registry: SessionRegistry,
    readonly events: EventBus,
    readonly logger: PinoLogger,
    @Optional() readonly identification?: SpeakerIdentification,
  ) {}
}
