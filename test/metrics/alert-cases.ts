/** Series as promtool writes them, a value a minute. */
export type Series = Readonly<Record<string, string>>;

export interface AlertCase {
  readonly alert: string;
  /** Rings then. */
  readonly sick: Series;
  /** In minutes; the 60th where nothing is said. */
  readonly at?: number;
  /** What it rings with, besides `severity` and where it is from. */
  readonly labels?: Readonly<Record<string, string>>;
  readonly severity?: string;
  readonly summary: string;
  /** Just as it may be: does not ring. */
  readonly well: Series;
}

/** Requests of which so many end within each bound, a minute. */
function latency(name: string, labels: string, byBound: Readonly<Record<string, number>>): Series {
  const rows = Object.entries(byBound).map(([le, each]) => [
    `${name}_bucket{${labels}${labels && ','}le="${le}"}`,
    up(each),
  ]);
  const all = Math.max(...Object.values(byBound));
  return Object.fromEntries([...rows, [`${name}_count{${labels}}`, up(all)]]);
}

/** A counter that grows by so much each minute. */
const up = (each: number): string => `0+${each}x60`;
const stays = (value: number): string => `${value}x60`;
/** A breaker before a service that is away: it opens, tries again, and opens. */
const BREAKS = '2 2 1 '.repeat(20).trim();

const ANSWERS = 'voice_turn_response_latency';
const STOPS = 'voice_barge_in_stop_latency';
const FIRST = 'gen_ai_client_operation_time_to_first_chunk';
const REQUESTS = 'gen_ai_client_operation_duration_count';
const TOOLS = 'gen_ai_execute_tool_duration_count';
const GPT = 'gen_ai_provider_name="openai",gen_ai_request_model="gpt"';
/** A model of the same name, of somebody else. */
const OTHER_GPT = 'gen_ai_provider_name="azure.ai.openai",gen_ai_request_model="gpt"';
const OF_GPT = { gen_ai_provider_name: 'openai', gen_ai_request_model: 'gpt' };
const GENERATIONS = 'voice_generations_total';
const REFUSED = 'voice_sessions_refused_total';
const UPGRADES = 'websocket_upgrades_total';

export const alertCases: readonly AlertCase[] = [
  {
    alert: 'ParleySlowAnswers',
    sick: latency(ANSWERS, 'tools="false"', { 1: 5, 2: 10, '+Inf': 10 }),
    summary: 'Callers wait 1.9s for an answer, of 95 in 100',
    well: {
      ...latency(ANSWERS, 'tools="false"', { 1: 10, 2: 10, '+Inf': 10 }),
      // Tools may take their time.
      ...latency(ANSWERS, 'tools="true"', { 1: 0, 2: 10, '+Inf': 10 }),
    },
  },
  {
    alert: 'ParleySlowBargeIn',
    sick: latency(STOPS, '', { 0.5: 2, 1: 4, '+Inf': 4 }),
    summary: 'Agents talk on for 950ms after callers cut in, of 95 in 100',
    well: latency(STOPS, '', { 0.5: 4, 1: 4, '+Inf': 4 }),
  },
  {
    alert: 'ParleyAnswersFail',
    sick: {
      [`${GENERATIONS}{outcome="failed",source="voice"}`]: up(1),
      [`${GENERATIONS}{outcome="completed",source="voice"}`]: up(9),
      // Who is greeted has no answer yet.
      [`${GENERATIONS}{outcome="completed",source="greeting"}`]: up(90),
    },
    severity: 'critical',
    summary: '10% of answers fail',
    // The only one in half an hour, and it fails.
    well: { [`${GENERATIONS}{outcome="failed",source="voice"}`]: '0x50 1x10' },
  },
  {
    alert: 'ParleyCallsCut',
    sick: {
      'voice_sessions_total{outcome="cut",reason="lost"}': up(1),
      'voice_sessions_total{outcome="contained",reason="hangup"}': up(3),
    },
    summary: '25% of calls end before they are over',
    well: {
      'voice_sessions_total{outcome="cut",reason="drain"}': up(1),
      'voice_sessions_total{outcome="contained",reason="hangup"}': up(3),
    },
  },
  {
    alert: 'ParleyCallersNotUnderstood',
    sick: {
      'voice_turns_total{source="voice",understood="false"}': up(2),
      'voice_turns_total{source="voice",understood="true"}': up(2),
    },
    summary: '50% of what callers say is not understood',
    well: {
      'voice_turns_total{source="voice",understood="false"}': up(1),
      'voice_turns_total{source="voice",understood="true"}': up(4),
    },
  },
  {
    alert: 'ParleyTransfersFail',
    sick: { 'voice_transfers_total{status="started"}': up(4), 'voice_transfers_total{status="failed"}': up(1) },
    severity: 'critical',
    summary: '25% of transfers to humans fail',
    well: { 'voice_transfers_total{status="started"}': up(20), 'voice_transfers_total{status="failed"}': up(1) },
  },
  {
    alert: 'ParleyOverloaded',
    sick: { overload_level: '3x57 4x3' },
    severity: 'critical',
    summary: 'voice:9464 is overloaded, and takes no calls',
    well: { overload_level: '3x60' },
  },
  {
    alert: 'ParleyHardPressed',
    sick: { overload_level: stays(2) },
    summary: 'voice:9464 has been close to its limits for 10 minutes',
    well: { overload_level: '0x50 2x10' },
  },
  {
    alert: 'ParleyAtCapacity',
    // Most of them only listen.
    sick: { voice_sessions_slots_used: stays(19), voice_sessions_active: stays(2), voice_sessions_limit: stays(20) },
    summary: '95% of all sessions are in use',
    well: { voice_sessions_slots_used: stays(18), voice_sessions_limit: stays(20) },
  },
  {
    alert: 'ParleyCallersRefused',
    sick: {
      [`${REFUSED}{reason="at_capacity"}`]: up(1),
      [`${UPGRADES}{route="/api/v1/voice/ws",outcome="at_capacity"}`]: up(1),
      [`${UPGRADES}{route="/api/v1/voice/ws",outcome="admitted"}`]: up(3),
      // That is not a caller.
      [`${UPGRADES}{route="/api/v1/pusher/ws",outcome="admitted"}`]: up(90),
    },
    severity: 'critical',
    summary: '25% of callers are refused',
    well: {
      [`${REFUSED}{reason="at_capacity"}`]: up(0),
      // They are told to try again, elsewhere.
      [`${REFUSED}{reason="draining"}`]: up(1),
      [`${UPGRADES}{route="/api/v1/voice/ws",outcome="unauthorized"}`]: up(1),
      [`${UPGRADES}{route="/api/v1/voice/ws",outcome="admitted"}`]: up(3),
    },
  },
  {
    alert: 'ParleyCallersRefused',
    // By telephone: they are turned away before there is a WebSocket. The last that there was is long open.
    sick: {
      [`${REFUSED}{reason="at_capacity"}`]: up(1),
      [`${REFUSED}{reason="overloaded"}`]: up(1),
      'telephony_calls_total{provider="twilio",outcome="at_capacity"}': up(1),
      'telephony_calls_total{provider="acs",outcome="overloaded"}': up(1),
      [`${UPGRADES}{route="/api/v1/twilio/media",outcome="admitted"}`]: stays(40),
    },
    severity: 'critical',
    summary: '100% of callers are refused',
    // By what their tenant may, which the server could have served.
    well: {
      [`${REFUSED}{reason="at_capacity"}`]: up(0),
      'telephony_calls_total{provider="twilio",outcome="rate_limited"}': up(1),
      'telephony_calls_total{provider="twilio",outcome="admitted"}': up(3),
      [`${UPGRADES}{route="/api/v1/twilio/media",outcome="admitted"}`]: up(3),
    },
  },
  {
    alert: 'ParleyCallersRefused',
    // Since it was started, nobody was let in.
    sick: { [`${REFUSED}{reason="overloaded"}`]: up(2) },
    severity: 'critical',
    summary: '100% of callers are refused',
    // Nobody calls at all.
    well: { [`${REFUSED}{reason="at_capacity"}`]: up(0), [`${REFUSED}{reason="overloaded"}`]: up(0) },
  },
  {
    alert: 'ParleyAudioLost',
    sick: { 'voice_audio_dropped_total{source="mic",reason="queue_full"}': up(600) },
    labels: { source: 'mic' },
    severity: 'critical',
    summary: '10 frames a second of what callers say are lost',
    well: { 'voice_audio_dropped_total{source="system",reason="overload"}': up(600) },
  },
  {
    alert: 'ParleyEventLoopLate',
    sick: { nodejs_eventloop_delay_p99: stays(0.08) },
    summary: 'The event loop of voice:9464 is 80ms late',
    well: { nodejs_eventloop_delay_p99: '0.02x55 0.3x5' },
  },
  {
    alert: 'ParleyNoneReady',
    sick: {
      'parley_lifecycle_state{role="voice",state="ready"}': '1x55 0x5',
      'parley_lifecycle_state{role="voice",state="draining"}': '0x55 1x5',
      'parley_lifecycle_state{role="pusher",state="ready"}': stays(1),
    },
    labels: { role: 'voice' },
    severity: 'critical',
    summary: 'No process of the role voice is ready',
    // One starts after the other has gone.
    well: { 'parley_lifecycle_state{role="all",state="ready"}': '1x57 0 0 1' },
  },
  {
    alert: 'ParleyNoneReady',
    sick: { 'parley_lifecycle_state{role="pusher",state="ready"}': stays(0) },
    labels: { role: 'pusher' },
    summary: 'No process of the role pusher is ready',
    well: { 'parley_lifecycle_state{role="pusher",state="ready"}': stays(1) },
  },
  {
    alert: 'ParleyNotReady',
    sick: { 'parley_lifecycle_state{role="voice",state="starting"}': '0x47 1x13' },
    labels: { role: 'voice' },
    summary: 'voice:9464 does not get ready',
    well: {
      'parley_lifecycle_state{role="voice",state="starting"}': '0x55 1x5',
      // Calls may take their time to end.
      'parley_lifecycle_state{role="voice",state="draining"}': stays(1),
    },
  },
  {
    alert: 'ParleyGone',
    sick: { 'parley_lifecycle_state{role="voice",state="ready"}': '1x50 stale' },
    severity: 'critical',
    summary: 'There is no process that takes calls',
    well: { 'parley_lifecycle_state{role="voice",state="ready"}': '1x50 stale _x3 1x6' },
  },
  {
    alert: 'ParleyGone',
    // There never was any.
    sick: { 'parley_lifecycle_state{role="pusher",state="ready"}': stays(1) },
    severity: 'critical',
    summary: 'There is no process that takes calls',
    // Others tell that it is not ready.
    well: { 'parley_lifecycle_state{role="all",state="ready"}': stays(0) },
  },
  {
    alert: 'ParleyNotScraped',
    // Nobody has looked after it since yesterday.
    sick: { up: '1x10 0x2000', 'parley_build_info{version="1"}': '1x10 stale' },
    at: 2000,
    severity: 'critical',
    summary: 'voice:9464 does not answer for its metrics any more',
    well: { up: '1x10 0x1900 1x90', 'parley_build_info{version="1"}': '1x10 stale _x1900 1x90' },
  },
  {
    alert: 'ParleyNotScraped',
    sick: { up: '1x50 0x10', 'parley_build_info{version="1"}': '1x50 stale' },
    severity: 'critical',
    summary: 'voice:9464 does not answer for its metrics any more',
    // Something else that is monitored.
    well: { up: '1x50 0x10' },
  },
  {
    alert: 'ParleyModelNotAsked',
    sick: { 'llm_model_state{model="azure:gpt"}': BREAKS, 'llm_model_state{model="embedded"}': stays(0) },
    labels: { model: 'azure:gpt' },
    summary: 'azure:gpt fails, and is not asked',
    well: { 'llm_model_state{model="azure:gpt"}': '0 1 2 1 0x56' },
  },
  {
    alert: 'ParleyNoModel',
    sick: { 'llm_model_state{model="azure:gpt"}': BREAKS, 'llm_model_state{model="openai:gpt"}': BREAKS },
    severity: 'critical',
    summary: 'voice:9464 has no model left to ask',
    well: { 'llm_model_state{model="azure:gpt"}': stays(2), 'llm_model_state{model="embedded"}': stays(0) },
  },
  {
    alert: 'ParleyModelErrors',
    sick: {
      [`${REQUESTS}{${GPT}}`]: up(3),
      [`${REQUESTS}{${GPT},error_type="slow"}`]: up(1),
      [`${REQUESTS}{${OTHER_GPT}}`]: up(90),
    },
    labels: OF_GPT,
    summary: '25% of requests to gpt of openai fail',
    well: { [`${REQUESTS}{${GPT}}`]: up(3), [`${REQUESTS}{${GPT},error_type="aborted"}`]: up(1) },
  },
  {
    alert: 'ParleySlowModel',
    sick: { ...latency(FIRST, GPT, { 1: 2, 2: 4, '+Inf': 4 }), ...latency(FIRST, OTHER_GPT, { 1: 90, '+Inf': 90 }) },
    labels: OF_GPT,
    summary: 'gpt of openai takes 1.9s to begin an answer, of 95 in 100',
    well: latency(FIRST, GPT, { 1: 4, 2: 4, '+Inf': 4 }),
  },
  {
    alert: 'ParleySpeechServiceNotAsked',
    sick: { 'voice_speech_provider_state{kind="stt",provider="azure"}': BREAKS },
    labels: { kind: 'stt', provider: 'azure' },
    summary: 'stt azure fails, and is not asked',
    well: { 'voice_speech_provider_state{kind="stt",provider="azure"}': '0 1 2 1 0x56' },
  },
  {
    alert: 'ParleyNoSpeechService',
    sick: {
      'voice_speech_provider_state{kind="tts",provider="azure"}': BREAKS,
      'voice_speech_provider_state{kind="stt",provider="azure"}': stays(0),
    },
    labels: { kind: 'tts' },
    severity: 'critical',
    summary: 'voice:9464 has no tts left',
    well: {
      'voice_speech_provider_state{kind="tts",provider="azure"}': stays(2),
      'voice_speech_provider_state{kind="tts",provider="embedded"}': stays(0),
    },
  },
  {
    alert: 'ParleySpeechPoolExhausted',
    sick: { 'voice_speech_pool_waiting{pool="stt"}': stays(1) },
    labels: { pool: 'stt' },
    summary: 'Calls on voice:9464 wait for the pool stt',
    well: { 'voice_speech_pool_waiting{pool="stt"}': '0x58 1 1' },
  },
  {
    alert: 'ParleyToolsFail',
    sick: {
      [`${TOOLS}{gen_ai_tool_name="get_card"}`]: up(1),
      [`${TOOLS}{gen_ai_tool_name="get_card",error_type="timeout"}`]: up(1),
    },
    labels: { gen_ai_tool_name: 'get_card' },
    summary: 'The tool get_card fails 50% of the time',
    well: {
      [`${TOOLS}{gen_ai_tool_name="get_card"}`]: up(1),
      [`${TOOLS}{gen_ai_tool_name="get_card",error_type="invalid_arguments"}`]: up(1),
    },
  },
  {
    alert: 'ParleyToolServerGone',
    sick: { 'mcp_server_connected{server="cardapi"}': stays(0) },
    labels: { server: 'cardapi' },
    summary: 'The tool server cardapi cannot be reached',
    well: { 'mcp_server_connected{server="cardapi"}': '1x57 0x3' },
  },
  {
    alert: 'ParleyDependencyDown',
    sick: { 'parley_dependency_state{dependency="speech",critical="true"}': BREAKS },
    labels: { dependency: 'speech', critical: 'true' },
    severity: 'critical',
    summary: 'speech does not work',
    well: { 'parley_dependency_state{dependency="redis",critical="false"}': stays(1) },
  },
  {
    alert: 'ParleyDependencyDown',
    sick: { 'parley_dependency_state{dependency="redis",critical="false"}': stays(2) },
    labels: { dependency: 'redis', critical: 'false' },
    summary: 'redis does not work',
    well: { 'parley_dependency_state{dependency="redis",critical="false"}': stays(0) },
  },
  {
    alert: 'ParleyJobsGivenUp',
    sick: { 'pusher_jobs{state="dead"}': stays(2) },
    summary: '2 jobs were given up',
    well: { 'pusher_jobs{state="later"}': stays(2) },
  },
  {
    alert: 'ParleyJobsLate',
    sick: { pusher_jobs_oldest: '0+60x60' },
    summary: 'The oldest job has been waiting for 1h 0m 0s',
    well: { pusher_jobs_oldest: stays(200) },
  },
  {
    alert: 'ParleyPusherUnreachable',
    // In the sixth minute.
    sick: { pusher_link_away: '0x54 60 120 180 240 300 360' },
    summary: 'voice:9464 does not reach a pusher',
    well: { pusher_link_away: '0x55 60 120 180 240 300' },
  },
  {
    alert: 'ParleyPusherUnreachable',
    sick: { pusher_link_requests_age: stays(400) },
    summary: 'voice:9464 does not reach a pusher',
    well: { pusher_link_requests_age: stays(20) },
  },
  {
    alert: 'ParleyListenAudioLost',
    sick: { pusher_link_audio_lost_total: up(60) },
    summary: '15m 0s of audio of calls that are listened to are lost',
    well: { pusher_link_audio_lost_total: stays(500) },
  },
  {
    alert: 'ParleyStoreBehind',
    sick: { 'store_backlog{store="conversations"}': stays(7) },
    labels: { store: 'conversations' },
    severity: 'critical',
    summary: '7 conversations of voice:9464 wait to be stored',
    // There is always something on its way.
    well: { 'store_backlog{store="conversations"}': '1x8 0 1x8 0 1x8 0 1x8 0 1x8 0 1x8 0 1x8' },
  },
  {
    alert: 'ParleyRecordingsLost',
    sick: { 'recording_pieces_total{outcome="lost"}': '0x50 1x10' },
    severity: 'critical',
    summary: 'Pieces of recordings are lost',
    well: { 'recording_pieces_total{outcome="written"}': up(3), 'recording_pieces_total{outcome="lost"}': stays(1) },
  },
  {
    alert: 'ParleyWebhooksFail',
    sick: {
      'pusher_webhooks_total{endpoint="crm",status="200"}': up(1),
      'pusher_webhooks_total{endpoint="crm",status="none"}': up(1),
    },
    labels: { endpoint: 'crm' },
    summary: '50% of requests to the receiver crm fail',
    well: {
      'pusher_webhooks_total{endpoint="crm",status="200"}': up(9),
      'pusher_webhooks_total{endpoint="crm",status="503"}': up(1),
    },
  },
];
