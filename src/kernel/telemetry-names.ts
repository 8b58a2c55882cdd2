/**
 * What spans, their events and their attributes are called. Where the semantic conventions for generative AI have a name it
 * is theirs, as a literal: they are in development, and their package marks these as moved. The rest is `parley.*`.
 * Source: github.com/open-telemetry/semantic-conventions-genai, and its proposal for voice agents (pull request 390).
 */

/** A name that ends in `…` goes on with an agent, a model, a voice or a tool: few, and known from the configuration. */
export const SpanName = {
  call: 'call',
  listen: 'listen',
  postCall: 'post_call',
  turn: (agent: string) => `invoke_agent ${agent}`,
  speechToText: (provider: string) => `speech_to_text ${provider}`,
  chat: (model: string) => `chat ${model}`,
  tool: (tool: string) => `execute_tool ${tool}`,
  textToSpeech: (voice: string) => `text_to_speech ${voice}`,
  webhook: (endpoint: string) => `webhook ${endpoint}`,
  startUp: (step: string) => `startup.${step}`,
  deferredStartUp: (step: string) => `startup.deferred.${step}`,
  shutdown: (step: string) => `shutdown.${step}`,
} as const;

/** Something that has no length. */
export const SpanEvent = {
  /** The caller cut in; what the agent was saying has ended. */
  bargeIn: 'parley.barge_in',
  /** The caller makes a sound; the agent is silent until it is clear what it was. */
  held: 'parley.held',
  /** It was nothing: the agent goes on. */
  released: 'parley.released',
  handoff: 'parley.handoff',
  transfer: 'parley.transfer',
  paused: 'parley.paused',
  resumed: 'parley.resumed',
  audioDropped: 'parley.audio_dropped',
  conversationBegan: 'parley.conversation.began',
  serviceStatus: 'parley.service_status',
} as const;

export const Attribute = {
  operation: 'gen_ai.operation.name',
  provider: 'gen_ai.provider.name',
  requestModel: 'gen_ai.request.model',
  requestStream: 'gen_ai.request.stream',
  finishReasons: 'gen_ai.response.finish_reasons',
  /** Seconds. */
  timeToFirstChunk: 'gen_ai.response.time_to_first_chunk',
  inputTokens: 'gen_ai.usage.input_tokens',
  outputTokens: 'gen_ai.usage.output_tokens',
  conversation: 'gen_ai.conversation.id',
  agent: 'gen_ai.agent.name',
  /** `completed`, `interrupted`, `session_closed`; ours: `failed`. */
  turnEndReason: 'gen_ai.agent.invocation.end_reason',
  toolName: 'gen_ai.tool.name',
  toolCall: 'gen_ai.tool.call.id',
  voice: 'gen_ai.speech.voice',
  outputType: 'gen_ai.output.type',
  errorType: 'error.type',
  httpStatus: 'http.response.status_code',

  session: 'parley.session.id',
  tenant: 'parley.tenant',
  scenario: 'parley.scenario',
  resumed: 'parley.call.resumed',
  endReason: 'parley.end_reason',
  turns: 'parley.call.turns',
  leakedTasks: 'parley.leaked_tasks',
  /** Why it was ended before it was done, which is no error. */
  aborted: 'parley.aborted',
  turn: 'parley.turn.id',
  turnSource: 'parley.turn.source',
  generation: 'parley.generation.id',
  /** With the name of a measure of the wire protocol behind it, in milliseconds: `parley.turn.voice_to_voice_ms`. */
  turnMeasure: 'parley.turn.',
  confidence: 'parley.stt.confidence',
  /** The utterance was no turn: noise, or a word that only shows that somebody listens. */
  ignored: 'parley.stt.ignored',
  rejected: 'parley.stt.rejected',
  /** Of the span, ms. */
  firstAudioMs: 'parley.tts.first_audio_ms',
  sentence: 'parley.sentence',
  heardMs: 'parley.heard_ms',
  stopMs: 'parley.stop_ms',
  from: 'parley.handoff.from',
  to: 'parley.handoff.to',
  kind: 'parley.handoff.kind',
  target: 'parley.transfer.target',
  status: 'parley.status',
  source: 'parley.source',
  durationMs: 'parley.duration_ms',
  reason: 'parley.reason',
  channels: 'parley.listen.channels',
  segments: 'parley.listen.segments',
  job: 'parley.job.id',
  outcome: 'parley.outcome',

  /** What people said, and what tools were told and answered: only with TRACE_CONTENT, and redacted. */
  callerText: 'parley.pii.caller_text',
  agentText: 'parley.pii.agent_text',
  toolArguments: 'parley.pii.tool_arguments',
  toolResult: 'parley.pii.tool_result',
} as const;
