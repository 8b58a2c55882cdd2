import type { ConversationConfig } from '../../config/conversation.config.js';
import type { SpeechConfig } from '../../config/speech.config.js';
import type { VoiceConfig } from '../../config/voice.config.js';

/** As in config/default.yaml. */
export const usualConversation = {
  vadThreshold: 0.5,
  vadStartMs: 60,
  endpointSilenceMs: 500,
  maxUtteranceMs: 30_000,
  preRollMs: 300,
  bargeInMs: 120,
  bargeInMinWords: 2,
  falseBargeInMs: 2000,
  playoutLeadMs: 200,
  firstClauseMinChars: 25,
  firstClauseWaitMs: 250,
  historyMaxTokens: 4000,
  maxToolRounds: 6,
  llmStallMs: 10_000,
  fillerAfterMs: 1800,
  firstSoundMs: 2500,
  greeting: true,
  taskStopMs: 5000,
} satisfies ConversationConfig;

export const usualVoice = {
  maxConnections: 10,
  sessionQueue: 100,
  acquireTimeoutMs: 5000,
  buildTimeoutMs: 5000,
  idleTimeoutMs: 300_000,
  resumeMs: 60_000,
  heartbeatIntervalMs: 15_000,
  maxFrameBytes: 65_536,
} satisfies VoiceConfig;

export const scriptedSpeech = {
  stt: ['scripted'],
  tts: ['scripted'],
  vad: 'energy' as const,
  inferenceWorkers: 0,
  sttPoolWarm: 1,
  sttPoolMax: 2,
  ttsPoolWarm: 1,
  ttsPoolMax: 2,
  poolQueue: 2,
  poolWaitMs: 3000,
  connectMs: 2000,
  readyMs: 1000,
  sttFinalMs: 1500,
  sttFinalTotalMs: 3000,
  ttsFirstAudioMs: 1000,
  // What a breaker does is tested where it is; its timer would look like one of the call.
  breakerFailures: 1_000_000,
  breakerOpenMs: 10_000,
  ttsStallMs: 5000,
  ttsCacheBytes: 0,
  minConfidence: 0.5,
} satisfies SpeechConfig;
