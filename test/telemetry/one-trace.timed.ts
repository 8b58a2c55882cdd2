import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { stringify } from 'yaml';
import { LocalServer } from '../../src/cli/local-server.js';
import { packageRoot } from '../../src/config/package-root.js';
import type { SessionEvent } from '../../src/conversation/session-events.js';
import { ToolServer } from '../fakes/mcp/tool-server.js';
import { FakeOpenAi } from '../fakes/openai/fake-openai.js';
import { calls, says } from '../fakes/openai/fake-reply.js';
import { OtlpReceiver } from '../fakes/otlp/otlp-receiver.js';
import type { ReceivedSpan } from '../fakes/otlp/received-spans.js';
import { TestCaller, type TestServer, withoutSpeech } from '../support/test-server.js';
import { HeaderListener } from './header-listener.js';

const KEY = 'Bearer key-that-nobody-may-see';
const TRACE = '0af7651916cd43dd8448eb211c80319c';
const CALLER_SPAN = 'b7ad6b7169203331';
/** What is said, by whom it may be, and what a tool is told: in no span, metric or log. */
const SAID = ['xylophone', 'marmalade', 'zeppelin'];
const LOUD = new Int16Array(160).fill(9000);
const QUIET = new Int16Array(160);

const folder = mkdtempSync(path.join(tmpdir(), 'parley-trace-'));
let collector: OtlpReceiver;
let model: FakeOpenAi;
let tools: ToolServer;
let crm: HeaderListener;
let server: LocalServer;
let caller: TestCaller;
let sessionId: string;
let toolHeaders: Record<string, unknown>;

function file(name: string, content: object): string {
  const where = path.join(folder, name);
  mkdirSync(path.dirname(where), { recursive: true });
  writeFileSync(where, stringify(content));
  return where;
}

/** The agents that are shipped, the first of which has a tool of somebody else. */
function agents(): string {
  const directory = path.join(folder, 'agents');
  cpSync(path.join(packageRoot, 'agents'), directory, { recursive: true });
  const concierge = path.join(directory, 'concierge', 'agent.yaml');
  writeFileSync(concierge, readFileSync(concierge, 'utf8').replace('tools: [', 'tools: [cardapi_greet, '));
  return directory;
}

async function say(frames: number, pcm: Int16Array): Promise<void> {
  await caller.speak(
    Int16Array.from({ length: frames * 160 }, (_, index) => pcm[index % 160]!),
    8000,
  );
}

/** After the server has tried it out. */
function scriptModel(): void {
  const first = model.model('first');
  first.reply(calls({ name: 'cardapi_greet', arguments: { name: SAID[1] } }));
  first.reply(says(`It is your ${SAID[1]}. `, 'Is there anything else that I can do?'));
  first.reply(calls({ name: 'handoff_to_agent', arguments: { target: 'fraud_desk', reason: SAID[2] } }));
  first.reply(says('This is the fraud desk, and this is a long sentence that somebody will cut short.'));
}

beforeAll(async () => {
  [collector, model, tools, crm] = await Promise.all([
    OtlpReceiver.start({ key: KEY }),
    FakeOpenAi.start(),
    ToolServer.start(),
    HeaderListener.start(),
  ]);
  model.model('first').always(says('Yes.'));
  file('mcp/cardapi.yaml', { url: tools.url, allow_private_network: true, tools: ['greet'] });
  server = await LocalServer.start({
    ...withoutSpeech,
    GREETING: 'off',
    SCRIPTED_STT_TEXT: `where is my ${SAID[0]}`,
    SCRIPTED_TTS_WORD_MS: '150',
    LOG_LEVEL: 'trace',
    LLM_MODELS: 'openai:first,embedded',
    OPENAI_BASE_URL: model.baseUrl,
    OPENAI_API_KEY: model.key,
    AGENTS_DIR: agents(),
    MCP_DIR: path.join(folder, 'mcp'),
    MCP_ENABLED_SERVERS: 'cardapi',
    CONVERSATION_STORE: 'sqlite',
    DATA_DIR: folder,
    WEBHOOKS_FILE: file('webhooks.yaml', {
      endpoints: [
        {
          name: 'crm',
          url: crm.url,
          secrets: [`whsec_${Buffer.alloc(32, 7).toString('base64')}`],
          allow_private_network: true,
        },
      ],
    }),
    OTEL_TRACES_EXPORTER: 'otlp',
    OTEL_METRICS_EXPORTER: 'otlp,prometheus',
    OTEL_EXPORTER_OTLP_ENDPOINT: collector.url,
    OTEL_EXPORTER_OTLP_HEADERS: `authorization=${encodeURIComponent(KEY)}`,
    OTEL_RESOURCE_ATTRIBUTES: 'deployment.environment.name=test',
    OTEL_BSP_SCHEDULE_DELAY: '50',
    OTEL_METRIC_EXPORT_INTERVAL: '200',
  });
  scriptModel();
  caller = await TestCaller.dial(server as unknown as TestServer, '?encoding=pcm16&sample_rate=8000', {
    traceparent: `00-${TRACE}-${CALLER_SPAN}-01`,
  });
  sessionId = (await caller.next('session_started')).session_id;
  await say(20, LOUD);
  await say(40, QUIET);
  await caller.next('generation_complete');
  toolHeaders = { ...tools.headers };
  const since = caller.events.length;
  caller.send({ type: 'user_message', text: `my ${SAID[0]} was stolen` });
  await caller.next('audio_stream_start', since);
  await say(40, LOUD);
  await caller.next('generation_complete', since, ({ outcome }) => outcome === 'interrupted');
  await say(40, QUIET);
  await caller.next('generation_complete', since, ({ outcome }) => outcome === 'completed');
  caller.send({ type: 'end' });
  await caller.closed;
  await crm.heard;
  await server.stop();
}, 60_000);

afterAll(async () => {
  await Promise.all([collector.stop(), model.stop(), tools.stop(), crm.stop()]);
  rmSync(folder, { recursive: true });
});

const inTrace = (): ReceivedSpan[] => collector.spans.filter(({ traceId }) => traceId === TRACE);
const named = (name: string): ReceivedSpan[] => inTrace().filter((span) => span.name === name);
const one = (name: string): ReceivedSpan => {
  const [span] = named(name);
  if (!span)
    throw new Error(
      `there is no ${name}, but ${inTrace()
        .map((other) => other.name)
        .join(', ')}`,
    );
  return span;
};
const events = <T extends SessionEvent['type']>(type: T): Extract<SessionEvent, { type: T }>[] =>
  caller.events.filter((event): event is Extract<SessionEvent, { type: T }> => event.type === type);
const lengthOf = (span: ReceivedSpan): number => span.endMs - span.startMs;

/** Both are of one clock, but not read at the same moment. */
const A_MOMENT_MS = 30;

describe('a call, from its upgrade to the webhook about it', () => {
  it('is one trace, of which every span has its parent', () => {
    const all = inTrace();
    const names = new Map(all.map((span) => [span.spanId, span.name]));
    names.set(CALLER_SPAN, 'caller');
    const edges = new Set(all.map((span) => `${names.get(span.parentId) ?? 'nothing'} > ${span.name}`));
    expect([...edges].sort()).toEqual([
      'call > invoke_agent concierge',
      'call > invoke_agent fraud_desk',
      'call > post_call',
      'call > webhook crm',
      'caller > call',
      'invoke_agent concierge > chat first',
      'invoke_agent concierge > execute_tool cardapi_greet',
      'invoke_agent concierge > execute_tool handoff_to_agent',
      'invoke_agent concierge > invoke_agent fraud_desk',
      'invoke_agent concierge > speech_to_text scripted',
      'invoke_agent concierge > text_to_speech slt',
      'invoke_agent fraud_desk > chat first',
      'invoke_agent fraud_desk > speech_to_text scripted',
      'invoke_agent fraud_desk > text_to_speech slt',
      'post_call > chat first',
    ]);
    expect(collector.faults).toEqual([]);
  });

  it('has the session’s own measures, and takes as long as they say', () => {
    const [first] = named('invoke_agent concierge') as [ReceivedSpan];
    const { metrics } = events('generation_complete')[0]!;
    for (const [name, value] of Object.entries(metrics))
      expect([name, first.attributes[`parley.turn.${name}`]]).toEqual([name, value]);
    const stt = named('speech_to_text scripted').find(({ parentId }) => parentId === first.spanId)!;
    const speechMs = metrics.endpointing_ms! + metrics.stt_final_ms!;
    expect(lengthOf(stt)).toBeGreaterThanOrEqual(speechMs);
    const answered = named('chat first')[1]!;
    const untilText = answered.startMs + 1000 * Number(answered.attributes['gen_ai.response.time_to_first_chunk']);
    expect(Math.abs(untilText - stt.endMs - metrics.llm_first_token_ms!)).toBeLessThan(A_MOMENT_MS);
    const toolMs = events('tool_end').find(({ tool }) => tool === 'cardapi_greet')!.duration_ms;
    expect(Math.abs(lengthOf(one('execute_tool cardapi_greet')) - toolMs)).toBeLessThan(A_MOMENT_MS);
    const { duration_ms } = events('session_ended')[0]!;
    // It also waits to be let in, and for its pipeline.
    expect(lengthOf(one('call'))).toBeGreaterThanOrEqual(duration_ms - 1);
  });

  it('has all that belongs to a turn within it, and all turns within the call', () => {
    const call = one('call');
    for (const turn of inTrace().filter(({ parentId }) => parentId === call.spanId && parentId !== '')) {
      if (!turn.name.startsWith('invoke_agent')) continue;
      expect(turn.startMs).toBeGreaterThanOrEqual(call.startMs);
      expect(turn.endMs).toBeLessThanOrEqual(call.endMs + A_MOMENT_MS);
      for (const part of inTrace().filter(({ parentId }) => parentId === turn.spanId))
        expect(part.startMs).toBeGreaterThanOrEqual(turn.startMs);
    }
  });

  it('shows the hand-over, and that the caller cut in', () => {
    const turn = named('invoke_agent concierge').at(-1)!;
    expect(turn.attributes['gen_ai.agent.invocation.end_reason']).toBe('interrupted');
    expect(turn.events.map(({ name }) => name)).toEqual(['parley.handoff', 'parley.held', 'parley.barge_in']);
    expect(one('call').attributes).toMatchObject({
      'gen_ai.conversation.id': sessionId,
      'parley.end_reason': 'completed',
    });
  });

  it('is passed on to models, tools and receivers of webhooks, each by the span that asks', () => {
    const parents = (name: string): string[] => named(name).map(({ spanId }) => `00-${TRACE}-${spanId}-01`);
    const asked = model.requests.flatMap(({ headers }) => headers['traceparent'] ?? []);
    expect(new Set(asked)).toEqual(new Set(parents('chat first')));
    expect(parents('execute_tool cardapi_greet')).toContain(toolHeaders['traceparent']);
    expect(parents('webhook crm')).toContain(crm.headers['traceparent']);
  });

  it('is said who sends, and how the process began and ended', () => {
    expect(one('call').resource).toMatchObject({
      'service.name': 'parley',
      'deployment.environment.name': 'test',
    });
    const others = collector.spans.map(({ name }) => name);
    for (const name of ['startup.core', 'startup.deferred.warmup', 'shutdown.core']) expect(others).toContain(name);
  });

  it('holds nothing that was said, also in metrics and the log, and nobody’s key', () => {
    const sent = collector.bodies.map((body) => body.toString('utf8')).join('\n');
    expect(sent).toContain(sessionId);
    const log = server.output.join('\n');
    for (const secret of [...SAID, 'key-that-nobody-may-see', 'pii']) {
      expect(sent).not.toContain(secret);
      if (secret !== 'pii') expect(log).not.toContain(secret);
    }
  });

  it('leaves no id of a session or trace in what metrics are labelled with', () => {
    const labels = collector.metrics.flatMap(({ labels: points }) => points.flatMap((point) => Object.values(point)));
    expect(collector.metrics.map(({ name }) => name)).toContain('voice.generations');
    for (const label of labels) expect(String(label)).not.toMatch(/[\da-f]{8}-[\da-f]{4}-|[\da-f]{16}/);
  });
});
