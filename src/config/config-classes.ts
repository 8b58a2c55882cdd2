import { AcsConfig } from './acs.config.js';
import { AgentsConfig } from './agents.config.js';
import { ArchiveConfig } from './archive.config.js';
import { AzureSpeechConfig } from './azure-speech.config.js';
import { AzureOpenAiConfig } from './azure-openai.config.js';
import { ConversationConfig } from './conversation.config.js';
import { ConversationsConfig } from './conversations.config.js';
import { DeepgramConfig } from './deepgram.config.js';
import { JobsConfig } from './jobs.config.js';
import { LifecycleConfig } from './lifecycle.config.js';
import { LimitsConfig } from './limits.config.js';
import { ListenConfig } from './listen.config.js';
import { LlmConfig } from './llm.config.js';
import { LoggingConfig } from './logging.config.js';
import { OpenAiConfig } from './openai.config.js';
import { OverloadConfig } from './overload.config.js';
import { PhrasesConfig } from './phrases.config.js';
import { PusherConfig } from './pusher.config.js';
import { PostCallConfig } from './post-call.config.js';
import { RedisConfig } from './redis.config.js';
import { ScriptedConfig } from './scripted.config.js';
import { ServerConfig } from './server.config.js';
import { AuditConfig } from './audit.config.js';
import { AuthConfig } from './auth.config.js';
import type { ConfigClass } from './setting.js';
import { SherpaConfig } from './sherpa.config.js';
import { SpeakersConfig } from './speakers.config.js';
import { SpeechConfig } from './speech.config.js';
import { TelemetryConfig } from './telemetry.config.js';
import { McpConfig } from './mcp.config.js';
import { TwilioConfig } from './twilio.config.js';
import { VadGateConfig } from './vad-gate.config.js';
import { VoiceConfig } from './voice.config.js';
import { WebhooksConfig } from './webhooks.config.js';

/** Every concern, in the order of the documentation. */
export const configClasses: readonly ConfigClass[] = [
  ServerConfig,
  AuthConfig,
  LimitsConfig,
  AuditConfig,
  LoggingConfig,
  TelemetryConfig,
  LifecycleConfig,
  VoiceConfig,
  RedisConfig,
  OverloadConfig,
  ConversationConfig,
  SpeechConfig,
  VadGateConfig,
  PhrasesConfig,
  AzureSpeechConfig,
  DeepgramConfig,
  SherpaConfig,
  LlmConfig,
  AzureOpenAiConfig,
  OpenAiConfig,
  AgentsConfig,
  ConversationsConfig,
  ArchiveConfig,
  ListenConfig,
  SpeakersConfig,
  JobsConfig,
  PostCallConfig,
  WebhooksConfig,
  PusherConfig,
  McpConfig,
  TwilioConfig,
  AcsConfig,
  ScriptedConfig,
];
