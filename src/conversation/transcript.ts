import type { Clock } from '../kernel/clock.js';
import type {
  AnswerLatency,
  ConversationEntry,
  ConversationRecord,
} from '../services/conversations/conversation-record.js';
import type { ConversationState } from './conversation-state.js';
import type { GenerationOutcome } from './generation-tracker.js';
import type { Turn } from './turn.js';

export interface TranscriptParts {
  readonly state: ConversationState;
  readonly tenant: string;
  readonly clock: Clock;
  /** Time of `clock`, before it began to run where the conversation goes on elsewhere. */
  readonly startedAt: number;
  /** Whether somebody reads it when it is over. */
  readonly isRead: boolean;
  /** Of the call's trace; undefined where nothing is traced. */
  readonly traceparent: string | undefined;
  /** What is kept of a text. */
  redact(text: string): string;
  onChange(record: ConversationRecord): void;
}

export interface SettledAnswer {
  readonly id: string;
  /** Time of the clock. */
  readonly startedAt: number;
  readonly agent: string;
  readonly outcome: GenerationOutcome;
  readonly latency: AnswerLatency;
}

/** What is kept of a conversation: what the caller said, what they heard of the agent, and which tools ran. */
export class Transcript {
  private readonly entries: ConversationEntry[] = [];
  private endReason: string | null = null;
  /** Wall-clock ms. */
  private readonly startedAt: number;

  constructor(private readonly parts: TranscriptParts) {
    const { clock, startedAt } = parts;
    this.startedAt = clock.wallTimeOf(startedAt);
  }

  /** @param source as far as it is of the caller. */
  caller(id: string, source: Turn['source'], text: string, rejected: boolean): void {
    if (source !== 'voice' && source !== 'text' && source !== 'dtmf') return;
    this.add({
      id,
      at_ms: this.sinceStart(this.parts.clock.now()),
      role: 'caller',
      source,
      text: this.parts.redact(text),
      rejected,
    });
  }

  /** All of it so far, as it is kept. */
  get said(): readonly ConversationEntry[] {
    return this.entries;
  }

  /** What the history has of an answer, once it is settled. @param startedAt time of the clock. */
  generation({ id, startedAt, agent, outcome, latency }: SettledAnswer): void {
    const at_ms = this.sinceStart(startedAt);
    let measured: AnswerLatency | undefined = Object.keys(latency).length > 0 ? latency : undefined;
    for (const [index, { message, messageId }] of this.parts.state.history.ofGeneration(id).entries()) {
      if (message.role === 'assistant' && message.content !== '') {
        this.entries.push({
          id: messageId ?? `${id}_${index}`,
          at_ms,
          role: 'agent',
          agent,
          text: this.parts.redact(message.content),
          outcome,
          ...(measured && { latency: measured }),
        });
        measured = undefined;
      }
      if (message.role === 'tool')
        this.entries.push({
          id: `${id}_${message.callId}`,
          at_ms,
          role: 'tool',
          agent,
          tool: message.name,
          ok: !message.content.startsWith('{"error":'),
        });
    }
    this.changed();
  }

  end(reason: string): void {
    this.endReason = reason;
    this.changed();
  }

  private add(entry: ConversationEntry): void {
    this.entries.push(entry);
    this.changed();
  }

  private changed(): void {
    const { state, tenant, clock, traceparent } = this.parts;
    this.parts.onChange({
      id: state.sessionId,
      kind: 'voice',
      tenant,
      scenario: state.scenario.name,
      agent: state.agent.name,
      status: this.endReason === null ? 'in_progress' : this.parts.isRead ? 'processing' : 'completed',
      startedAt: new Date(this.startedAt).toISOString(),
      updatedAt: new Date(clock.wallTime()).toISOString(),
      endReason: this.endReason,
      entries: [...this.entries],
      ...(traceparent !== undefined && { traceparent }),
    });
  }

  /** By the clock that does not jump: what came first stays first. */
  private sinceStart(time: number): number {
    return Math.max(0, Math.round(time - this.parts.startedAt));
  }
}
