import { Injectable } from '@nestjs/common';
import { PinoLogger } from 'nestjs-pino';
import { AgentCatalog } from '../agents/agent-catalog.js';
import { ConversationConfig } from '../config/conversation.config.js';
import { PostCallConfig } from '../config/post-call.config.js';
import { SpeechConfig } from '../config/speech.config.js';
import { TelemetryConfig } from '../config/telemetry.config.js';
import { VoiceConfig } from '../config/voice.config.js';
import { EventBus } from '../events/event-bus.js';
import { Clock } from '../kernel/clock.js';
import { LlmClient } from '../llm/llm-client.js';
import { Recordings } from '../services/archive/recordings.js';
import { Conversations } from '../services/conversations/conversations.js';
import { PhraseListManager } from '../services/phrases/phrase-list-manager.js';
import { SpeechService } from '../speech/speech.service.js';
import { AudioQueues } from '../state/overload/audio-queues.js';
import { SessionRegistry } from '../state/session-registry.js';
import { ToolRegistry } from '../tools/tool-registry.js';
import { ResumeStore } from './resume/resume-store.js';

/** What a voice session needs of the process. */
export interface SessionServices {
  readonly clock: Clock;
  readonly config: ConversationConfig;
  readonly speechConfig: Pick<SpeechConfig, 'minConfidence' | 'readyMs'>;
  readonly voiceConfig: Pick<VoiceConfig, 'idleTimeoutMs'>;
  readonly postCall: Pick<PostCallConfig, 'enabled'>;
  readonly telemetry: Pick<TelemetryConfig, 'content'>;
  readonly catalog: Pick<AgentCatalog, 'current'>;
  readonly tools: ToolRegistry;
  readonly llm: LlmClient;
  readonly speech: Pick<SpeechService, 'lease'>;
  readonly registry: SessionRegistry;
  readonly audioQueues: AudioQueues;
  readonly resumeStore: ResumeStore;
  readonly conversations: Pick<Conversations, 'redact' | 'note'>;
  readonly recordings: Pick<Recordings, 'enabled' | 'pieceMs' | 'keep'>;
  readonly phrases: Pick<PhraseListManager, 'of' | 'follow'>;
  readonly events: EventBus;
  readonly logger: Pick<PinoLogger, 'info' | 'warn' | 'error'>;
}

/** The same, injected. */
@Injectable()
export class VoiceServices implements SessionServices {
  constructor(
    readonly clock: Clock,
    readonly config: ConversationConfig,
    readonly speechConfig: SpeechConfig,
    readonly voiceConfig: VoiceConfig,
    readonly postCall: PostCallConfig,
    readonly telemetry: TelemetryConfig,
    readonly catalog: AgentCatalog,
    readonly tools: ToolRegistry,
    readonly llm: LlmClient,
    readonly speech: SpeechService,
    readonly registry: SessionRegistry,
    readonly audioQueues: AudioQueues,
    readonly resumeStore: ResumeStore,
    readonly conversations: Conversations,
    readonly recordings: Recordings,
    readonly phrases: PhraseListManager,
    readonly events: EventBus,
    readonly logger: PinoLogger,
  ) {}
}
