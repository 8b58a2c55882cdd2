import type { ConversationEntry, ConversationRecord } from '../services/conversations/conversation-record.js';
import type { ConversationState } from './conversation-state.js';
import type { GenerationOutcome } from './generation-tracker.js';
import type { Turn } from './turn.js';

export interface TranscriptParts {
  readonly state: ConversationState;
  readonly tenant: string;
  /** Wall-clock ms. */
  readonly startedAt: number;
  /** Wall-clock ms of now. */
  now(): number;
  onChange(record: ConversationRecord): void;
}

/** What is kept of a conversation: what the caller said, what they heard of the agent, and which tools ran. */
export class Transcript {
  private readonly entries: ConversationEntry[] = [];
  private endReason: string | null = null;

  constructor(private readonly parts: TranscriptParts) {}

  /** @param source as far as it is of the caller. */
  caller(id: string, source: Turn['source'], text: string, rejected: boolean): void {
    if (source !== 'voice' && source !== 'text' && source !== 'dtmf') return;
    this.add({ id, at_ms: this.sinceStart(), role: 'caller', source, text, rejected });
  }

  /** What the history has of a generation, once it is settled. @param startedAt wall-clock ms. */
  generation(id: string, startedAt: number, agent: string, outcome: GenerationOutcome): void {
    const at_ms = Math.max(0, Math.round(startedAt - this.parts.startedAt));
    for (const [index, { message, messageId }] of this.parts.state.history.ofGeneration(id).entries()) {
      if (message.role === 'assistant' && message.content !== '')
        this.entries.push({
          id: messageId ?? `${id}_${index}`,
          at_ms,
          role: 'agent',
          agent,
          text: message.content,
          outcome,
        });
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
    const { parts } = this;
    const { state, tenant, startedAt } = parts;
    parts.onChange({
      id: state.sessionId,
      tenant,
      scenario: state.scenario.name,
      agent: state.agent.name,
      status: this.endReason === null ? 'in_progress' : 'completed',
      startedAt: new Date(startedAt).toISOString(),
      updatedAt: new Date(parts.now()).toISOString(),
      endReason: this.endReason,
      entries: [...this.entries],
    });
  }

  private sinceStart(): number {
    return Math.max(0, Math.round(this.parts.now() - this.parts.startedAt));
  }
}
