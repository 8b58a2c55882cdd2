import { estimateTokenCount } from 'tokenx';
import type { LlmMessage, LlmToolCall } from '../llm/llm-client.js';

type Entry = {
  readonly generationId?: string;
  readonly messageId?: string;
  message: LlmMessage;
  readonly tokens: number;
};

/** What was said, as the model gets it: bounded by tokens, and cut to what was heard where a caller cut in. */
export class History {
  private entries: Entry[] = [];

  constructor(private readonly maxTokens: number) {}

  get messages(): readonly LlmMessage[] {
    return this.entries.map((entry) => entry.message);
  }

  addUser(content: string, rejected: boolean): void {
    this.add({ message: rejected ? { role: 'user', content, rejected } : { role: 'user', content } });
  }

  addAssistant(generationId: string, messageId: string, content: string, toolCalls: readonly LlmToolCall[] = []): void {
    if (content === '' && toolCalls.length === 0) return;
    this.add({
      generationId,
      messageId,
      message: { role: 'assistant', content, ...(toolCalls.length > 0 ? { toolCalls } : {}) },
    });
  }

  addToolResult(generationId: string, call: LlmToolCall, content: string): void {
    this.add({ generationId, message: { role: 'tool', callId: call.callId, name: call.name, content } });
  }

  /** Keeps of the generation's messages only what was heard; a message of which nothing was heard goes. */
  truncate(generationId: string, heard: ReadonlyMap<string, string>): void {
    this.entries = this.entries.flatMap((entry) => {
      const { message } = entry;
      if (entry.generationId !== generationId || message.role !== 'assistant' || !entry.messageId) return [entry];
      const content = heard.get(entry.messageId) ?? '';
      if (content === '' && !message.toolCalls) return [];
      return [{ ...entry, message: { ...message, content } }];
    });
  }

  /** The newest messages that fit, beginning with a user's or a spoken one: a tool result never stands without its call. */
  window(): LlmMessage[] {
    let tokens = 0;
    let start = this.entries.length;
    while (start > 0) {
      tokens += this.entries[start - 1]!.tokens;
      if (tokens > this.maxTokens && start < this.entries.length) break;
      start--;
    }
    while (this.entries[start]?.message.role === 'tool') start++;
    return this.entries.slice(start).map((entry) => entry.message);
  }

  private add(entry: Omit<Entry, 'tokens'>): void {
    const { message } = entry;
    const text = message.content + (message.role === 'assistant' ? JSON.stringify(message.toolCalls ?? '') : '');
    this.entries.push({ ...entry, tokens: estimateTokenCount(text) + 4 });
    this.forgetWhatNeverFits();
  }

  /** The window never reaches back past its bound, so older entries are only memory. */
  private forgetWhatNeverFits(): void {
    let tokens = this.entries.reduce((sum, entry) => sum + entry.tokens, 0);
    while (tokens > this.maxTokens * 2 && this.entries.length > 1) tokens -= this.entries.shift()!.tokens;
  }
}
