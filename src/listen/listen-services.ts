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
import { CallQuota } from '../voice/call-quota.js';
import type { ListenStore } from './conversation/conversation-lifecycle.js';
import { ListeningHints } from './hearing/listening-hints.js';
import { SpeakerIdentification } from './speakers/speaker-identification.js';

/** What a session that listens needs of the process. */
export interface SessionServices {
  readonly clock: Clock;
  readonly config: ListenConfig;
  readonly conversationConfig: Pick<ConversationConfig, 'taskStopMs'>;
  readonly transcribers: LegTranscribers;
  readonly hints: Pick<ListeningHints, 'of'>;
  readonly audioQueues: AudioQueues;
  readonly conversations: ListenStore & Pick<Conversations, 'enabled'>;
  readonly recordings: Pick<Recordings, 'removeAll'>;
  readonly links: PusherLinks;
  readonly pointers: Pick<KeyValueStore, 'get' | 'set'>;
  readonly directory: Pick<SessionDirectory, 'send'>;
  readonly registry: SessionRegistry;
  readonly events: EventBus;
  readonly logger: Pick<PinoLogger, 'info' | 'warn' | 'error'>;
  readonly identification?: SpeakerIdentification | undefined;
  /** Without it, audio is not measured, nor are messages counted. */
  readonly quota?: Pick<CallQuota, 'meter' | 'pace'>;
}

/** The same, injected. */
@Injectable()
export class ListenServices implements SessionServices {
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
    readonly quota: CallQuota,
    @Optional() readonly identification?: SpeakerIdentification,
  ) {}
}
