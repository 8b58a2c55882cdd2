import type { AbortKind } from '../kernel/abort.js';
import type { Ending } from '../kernel/teardown.js';
import type { ConversationEntry } from '../services/conversations/conversation-record.js';
import type { CallTransport } from './call-transport.js';
import type { ConversationState, PartlyHeard } from './conversation-state.js';
import type { Generation } from './generation.js';
import { CallRecorder } from './recording/call-recorder.js';
import { RecordedCall } from './recording/recorded-call.js';
import { ResumeTicket } from './resume/resume-store.js';
import { SessionKeeper } from './resume/session-keeper.js';
import type { SessionSnapshot } from './resume/session-snapshot.js';
import { resumableEnds } from './session-end.js';
import type { SessionStart } from './session-start.js';
import { Transcript } from './transcript.js';
import type { Turn } from './turn.js';
import type { SessionServices } from './voice-services.js';

export interface KeptCallParts {
  readonly services: Pick<SessionServices, 'clock' | 'conversations' | 'postCall' | 'recordings' | 'resumeStore'>;
  readonly start: Pick<SessionStart, 'tenant' | 'resumable' | 'resumed'>;
  readonly state: ConversationState;
  /** Clock time, before the clock began to run where the call goes on elsewhere. */
  readonly startedAt: number;
  /** Of the call's trace; undefined where nothing is traced. */
  readonly traceparent: string | undefined;
  /** What is being said at the moment. */
  readonly speaking: () => PartlyHeard | undefined;
  /** The caller has come back elsewhere. */
  readonly onTakenOver: () => void;
  readonly log: (level: 'warn' | 'error', message: string) => void;
}

/** What is left of a call: its recording, its transcript, and what a caller needs who comes back to it. */
export class KeptCall {
  private recording: RecordedCall | undefined;
  private transcript: Transcript | undefined;
  private keeper: SessionKeeper | undefined;
  private isPaused = false;

  constructor(private readonly parts: KeptCallParts) {}

  /** What the conversation is to use in place of the transport, so that it is recorded. */
  record(transport: CallTransport): CallTransport {
    const { services, start, state, startedAt, log } = this.parts;
    const { recordings, clock } = services;
    if (!recordings.enabled) return transport;
    const recorder = new CallRecorder({
      tenant: start.tenant,
      conversationId: state.sessionId,
      clock,
      startedAt,
      resumed: start.resumed !== undefined,
      callerRate: transport.inputRate,
      agentRate: transport.outputRate,
      pieceMs: recordings.pieceMs,
      onPiece: (piece) => recordings.keep(piece),
    });
    this.recording = new RecordedCall(transport, recorder, (message) => log('error', message));
    return this.recording;
  }

  /** The session has been built. */
  begin(): void {
    const { services, start, state, startedAt, traceparent } = this.parts;
    const { clock, conversations, postCall, resumeStore } = services;
    if (start.resumable && resumeStore.enabled) this.keeper = this.keep();
    this.transcript = new Transcript({
      state,
      tenant: start.tenant,
      clock,
      startedAt,
      isRead: postCall.enabled,
      traceparent,
      redact: conversations.redact,
      onChange: (record) => conversations.note(record),
    });
  }

  /** What the client is to show when it comes back; null if it cannot. */
  get resumeToken(): string | null {
    return this.keeper?.token ?? null;
  }

  /** All of it so far, as it is kept. */
  get said(): readonly ConversationEntry[] {
    return this.transcript?.said ?? [];
  }

  /** Audio of the caller, at the input rate. Copied. */
  heard(pcm: Int16Array): void {
    this.recording?.heard(pcm);
  }

  pause(paused: boolean): void {
    this.isPaused = paused;
    if (this.recording) this.recording.paused = paused;
    this.keeper?.note();
  }

  /** What the caller would miss after a reconnect has changed. */
  note(): void {
    this.keeper?.note();
  }

  callerTurn(id: string, { source, text, rejected }: Turn): void {
    this.transcript?.caller(id, source, text, rejected);
  }

  /** The history has what was heard of it. */
  settled({ id, startedAt, agent, outcome = 'interrupted', metrics: latency }: Generation): void {
    this.transcript?.generation({ id, startedAt, agent: agent.name, outcome, latency });
  }

  /** Whether the caller may come back after such an end. */
  isResumableAfter(kind: AbortKind): boolean {
    return this.keeper !== undefined && resumableEnds.has(kind);
  }

  endings(kind: AbortKind): readonly Ending[] {
    return [
      () => this.keeper?.close(this.isResumableAfter(kind) ? this.snapshot() : undefined),
      () => this.transcript?.end(kind),
    ];
  }

  private keep(): SessionKeeper {
    const { services, start, onTakenOver, log } = this.parts;
    return new SessionKeeper({
      store: services.resumeStore,
      ticket: start.resumed?.ticket ?? new ResumeTicket(start.tenant),
      clock: services.clock,
      snapshot: () => this.snapshot(),
      onTakenOver,
      onProblem: (message) => log('warn', message),
    });
  }

  private snapshot(): SessionSnapshot {
    const { services, state, startedAt, traceparent, speaking } = this.parts;
    const { clock } = services;
    const snapshot = state.snapshot(clock.wallTimeOf(startedAt), speaking());
    return { ...snapshot, paused: this.isPaused, ...(traceparent !== undefined && { traceparent }) };
  }
}
