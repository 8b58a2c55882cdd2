import type { Context } from '@opentelemetry/api';
import type { ReadableSpan } from '@opentelemetry/sdk-trace';
import type { Agent, Scenario } from '../../agents/agent.js';
import type { ConversationConfig } from '../../config/conversation.config.js';
import type { VoiceConfig } from '../../config/voice.config.js';
import { EventBus } from '../../events/event-bus.js';
import { ManualClock } from '../../kernel/clock.js';
import type { LlmClient, LlmMessage } from '../../llm/llm-client.js';
import { ScriptedLlmClient } from '../../llm/testing/scripted-llm.client.js';
import { TracedLlmClient } from '../../llm/traced-llm.client.js';
import { SttDrivers, TtsDrivers } from '../../speech/speech-drivers.js';
import { ScriptedSttDriver, type ScriptedSttStream } from '../../speech/testing/scripted-stt.js';
import { ScriptedTtsDriver, type ScriptedTtsOptions } from '../../speech/testing/scripted-tts.js';
import { ScriptedVad } from '../../speech/testing/scripted-vad.js';
import type { RecordedPiece } from '../../services/archive/recorded-piece.js';
import { redaction } from '../../services/conversations/redaction.js';
import type { ConversationRecord } from '../../services/conversations/conversation-record.js';
import type { KeyValueStore } from '../../state/store/key-value-store.js';
import { MemoryKeyValueStore } from '../../state/store/memory-key-value-store.js';
import { AudioQueues } from '../../state/overload/audio-queues.js';
import { SessionRegistry } from '../../state/session-registry.js';
import { ToolRegistry } from '../../tools/tool-registry.js';
import type { Tool } from '../../tools/tool.js';
import { RecordedSpans } from '../../telemetry/testing/recorded-spans.js';
import { ResumeStore } from '../resume/resume-store.js';
import type { SessionEvent } from '../session-events.js';
import type { ResumedSession } from '../session-start.js';
import { VoicePipeline } from '../voice-pipeline.js';
import type { SessionServices } from '../voice-services.js';
import { LentSpeech } from './lent-speech.js';
import { type EventOf, MemoryTransport } from './memory-transport.js';
import { testAgent, testCatalog } from './test-agent.js';
import { scriptedSpeech, usualConversation, usualVoice } from './usual-config.js';

export interface HarnessOptions {
  readonly agents?: readonly Agent[];
  readonly handoffs?: Scenario['handoffs'];
  readonly tools?: readonly Tool[];
  readonly config?: Partial<ConversationConfig>;
  readonly voice?: Partial<VoiceConfig>;
  readonly tts?: Partial<ScriptedTtsOptions>;
  /** In place of the scripted model. */
  readonly llm?: (clock: ManualClock) => LlmClient;
  /** Hz. */
  readonly inputRate?: number;
  readonly outputRate?: number;
  /** Whether the caller can come back after a loss; not by default. */
  readonly resumable?: boolean;
  readonly resumed?: ResumedSession;
  /** Where sessions are kept for that; one of its own by default. */
  readonly store?: KeyValueStore;
  /** Whether the call is recorded, in pieces of this length; not by default. */
  readonly recordedMs?: number;
  /** Whether what is said may be in traces; not by default. */
  readonly traceContent?: boolean;
  /** The trace of the request that opened the call. */
  readonly traceParent?: Context;
  /** One of its own by default. */
  readonly clock?: ManualClock;
}

const FRAME_MS = 20;
const LOUD = 8000;
const MOST_MS = 60_000;

/** One voice session on a clock that stands still, with scripted speech and model: a caller for tests. */
export class ConversationHarness {
  readonly clock: ManualClock;
  readonly llm: ScriptedLlmClient;
  readonly stt: ScriptedSttDriver;
  readonly tts: ScriptedTtsDriver;
  readonly vad = new ScriptedVad();
  readonly speech: LentSpeech;
  readonly registry = new SessionRegistry();
  readonly audioQueues: AudioQueues;
  readonly resume: ResumeStore;
  /** What was kept of the call, each time it changed. */
  readonly records: ConversationRecord[] = [];
  /** What was recorded of it. */
  readonly pieces: RecordedPiece[] = [];
  /** Words that the recogniser is to expect. */
  private bias: readonly string[] = [];
  private readonly biasChanged = new Set<() => void>();
  readonly bus = new EventBus();
  readonly wire: MemoryTransport;
  /** Lines of the log. */
  readonly logged: string[] = [];
  readonly pipeline: VoicePipeline;
  /** What was traced, of all calls. */
  readonly spans = RecordedSpans.get();

  /** `start` is left to the caller. */
  constructor(private readonly options: HarnessOptions = {}) {
    const clock = options.clock ?? new ManualClock();
    this.clock = clock;
    this.llm = new ScriptedLlmClient(clock);
    this.stt = new ScriptedSttDriver(clock);
    this.audioQueues = new AudioQueues(clock);
    this.tts = new ScriptedTtsDriver(clock, options.tts);
    this.wire = new MemoryTransport(clock, options.inputRate ?? 8000, options.outputRate ?? 8000);
    const config: ConversationConfig = { ...usualConversation, ...options.config };
    this.speech = new LentSpeech(
      new SttDrivers(this.stt),
      new TtsDrivers(this.tts),
      this.vad,
      scriptedSpeech,
      usualVoice,
      clock,
    );
    const tools = new ToolRegistry(clock);
    for (const tool of options.tools ?? []) tools.register(tool);
    const log = (_: unknown, line: unknown): void => void this.logged.push(String(line));
    this.resume = new ResumeStore(
      options.store ?? new MemoryKeyValueStore(clock),
      { ...usualVoice, ...options.voice },
      clock,
    );
    const keeping = {
      enabled: true,
      redact: redaction(['card', 'email', 'phone']),
      note: (record: ConversationRecord) => void this.records.push(record),
    };
    const recording = {
      enabled: options.recordedMs !== undefined,
      pieceMs: options.recordedMs ?? 0,
      keep: (piece: RecordedPiece) => void this.pieces.push(piece),
    };
    const phrases = {
      of: () => this.bias,
      follow: (_: string, onChange: () => void) => {
        this.biasChanged.add(onChange);
        return () => void this.biasChanged.delete(onChange);
      },
    };
    const services: SessionServices = {
      clock,
      config,
      speechConfig: scriptedSpeech,
      voiceConfig: { ...usualVoice, ...options.voice },
      postCall: { enabled: false },
      telemetry: { content: options.traceContent ? 'on' : 'off' },
      catalog: testCatalog(options.agents ?? [testAgent()], options.handoffs),
      tools,
      llm: new TracedLlmClient(options.llm?.(clock) ?? this.llm, clock),
      speech: this.speech,
      registry: this.registry,
      audioQueues: this.audioQueues,
      resumeStore: this.resume,
      conversations: keeping,
      recordings: recording,
      phrases,
      events: this.bus,
      logger: { info: log, warn: log, error: log },
    };
    this.pipeline = new VoicePipeline(services);
  }

  /** A session that has begun. */
  static async start(options: HarnessOptions = {}): Promise<ConversationHarness> {
    const harness = new ConversationHarness(options);
    await harness.start();
    return harness;
  }

  async start(): Promise<void> {
    await this.speech.start(new AbortController().signal);
    await this.pipeline.reserve({
      scenario: 'test',
      agent: undefined,
      tenant: 'acme',
      resumable: this.options.resumable ?? false,
      resumed: this.options.resumed,
      traceParent: this.options.traceParent,
    });
    await this.pipeline.start(this.wire);
    await this.clock.advance(0);
  }

  get stream(): ScriptedSttStream {
    return this.stt.streams[0]!;
  }

  /** An operator changes the words to expect. */
  expectWords(...words: string[]): void {
    this.bias = words;
    for (const listener of this.biasChanged) listener();
  }

  /** The caller speaks: loud audio, 20 ms every 20 ms. */
  speak(durationMs: number): Promise<void> {
    return this.push(durationMs, LOUD);
  }

  /** The line is open, and nothing is said. */
  quiet(durationMs: number): Promise<void> {
    return this.push(durationMs, 0);
  }

  /** The caller says something that is heard as `text`, and the line is quiet until the final has come. */
  async say(text: string, durationMs = 600): Promise<void> {
    this.stt.hears(text);
    await this.speak(durationMs);
    await this.quiet(usualConversation.endpointSilenceMs + FRAME_MS);
  }

  /** Lets the quiet line run until there is an event of `type` from index `since` on that matches. */
  async until<T extends SessionEvent['type']>(
    type: T,
    matches: (event: EventOf<T>) => boolean = () => true,
    since = 0,
  ): Promise<EventOf<T>> {
    for (let waitedMs = 0; waitedMs <= MOST_MS; waitedMs += FRAME_MS) {
      const found = this.wire.events(type).slice(since).find(matches);
      if (found) return found;
      await this.quiet(FRAME_MS);
    }
    throw new Error(`No ${type} within ${MOST_MS} ms; there were ${this.wire.types.join(', ')}`);
  }

  /** Types a turn and waits for the end of its answer. */
  async ask(text: string): Promise<EventOf<'generation_complete'>> {
    const before = this.wire.events('generation_complete').length;
    this.pipeline.pushText(text);
    return this.until('generation_complete', () => true, before);
  }

  /** What the model is told of the conversation so far, when the caller types one thing more. */
  async told(): Promise<readonly LlmMessage[]> {
    const before = this.llm.requests.length;
    this.pipeline.pushText('and now?');
    await this.clock.advance(0);
    const request = this.llm.requests[before];
    if (!request) throw new Error('The model was not asked');
    return request.messages.slice(1, -1);
  }

  async hangUp(): Promise<void> {
    const closed = this.pipeline.close('hangup');
    await this.clock.advance(0);
    await closed;
  }

  /** The call's spans, in the order in which they began. */
  get trace(): ReadableSpan[] {
    return this.spans.ofConversation(this.pipeline.id);
  }

  /** What is left of the session; all zero when nothing is. */
  async left(): Promise<Record<string, number>> {
    await this.clock.advance(0);
    const tasks = Object.values(this.pipeline.describe().active_tasks);
    return {
      timers: this.clock.pending,
      tasks: tasks.filter((status) => status === 'running').length,
      sessions: this.registry.active,
      queues: this.audioQueues.loadOf('mic').sessions,
      followers: this.biasChanged.size,
      leases: this.speech.lent - this.speech.givenBack,
      inUse: this.speech.pools().reduce((sum, pool) => sum + pool.in_use, 0),
      requests: this.llm.running + this.tts.running,
      vads: this.vad.openStreams,
      utterances: this.stt.streams.filter((stream) => stream.busy).length,
      spans: this.trace.filter((span) => !span.ended).length,
    };
  }

  private async push(durationMs: number, amplitude: number): Promise<void> {
    const samples = (this.wire.inputRate * FRAME_MS) / 1000;
    for (let passedMs = 0; passedMs < durationMs; passedMs += FRAME_MS) {
      await this.clock.advance(FRAME_MS);
      this.pipeline.pushAudio(new Int16Array(samples).fill(amplitude));
    }
    await this.clock.advance(0);
  }
}

export const nothingLeft = {
  timers: 0,
  tasks: 0,
  sessions: 0,
  queues: 0,
  followers: 0,
  leases: 0,
  inUse: 0,
  requests: 0,
  vads: 0,
  utterances: 0,
  spans: 0,
};
