import { estimateTokenCount } from 'tokenx';
import type { LlmMessage, LlmToolCall } from '../llm/llm-client.js';

export type HistoryEntry = {
  readonly generationId?: string;
  readonly messageId?: string;
  readonly message: LlmMessage;
  readonly tokens: number;
};

/** What was said, as the model gets it: bounded by tokens, and cut to what was heard where a caller cut in. */
export class History {
  private entries: HistoryEntry[];

  /** @param onChange called after each change. */
  constructor(
    private readonly maxTokens: number,
    private readonly onChange: () => void = () => undefined,
    entries: readonly HistoryEntry[] = [],
  ) {
    this.entries = [...entries];
  }

  /** All there is, to go on with elsewhere. */
  get kept(): readonly HistoryEntry[] {
    return this.entries;
  }

  /** What there is of one generation. */
  ofGeneration(id: string): readonly HistoryEntry[] {
    return this.entries.filter((entry) => entry.generationId === id);
  }

  /** What comes next: an answer to the caller, or what the model makes of a tool's; undefined when the agent spoke last. */
  get awaits(): 'answer' | 'model' | undefined {
    const last = this.entries.at(-1)?.message.role;
    if (last === 'tool') return 'model';
    return last === 'user' ? 'answer' : undefined;
  }

  get messages(): readonly LlmMessage[] {
    return this.entries.map((entry) => entry.message);
  }

  /** Of the agent's; empty if there is none. */
  get lastSentence(): string {
    const last = this.entries.findLast(({ message }) => message.role === 'assistant' && message.content !== '');
    return [...sentencesOf(last?.message.content ?? '')].at(-1)?.segment.trim() ?? '';
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

  /**
   * Keeps of the generation's messages only what was heard; a message of which nothing was heard goes. Returns the
   * rest, from the sentence on that was cut.
   */
  truncate(generationId: string, heard: ReadonlyMap<string, string>): string {
    const { entries, unsaid } = this.truncated(generationId, heard);
    this.entries = entries;
    this.onChange();
    return unsaid;
  }

  /** What `truncate` would make of it. */
  truncated(
    generationId: string,
    heard: ReadonlyMap<string, string>,
  ): { readonly entries: HistoryEntry[]; readonly unsaid: string } {
    const unsaid: string[] = [];
    const entries = this.entries.flatMap((entry) => {
      const { message } = entry;
      if (entry.generationId !== generationId || message.role !== 'assistant' || !entry.messageId) return [entry];
      const content = heard.get(entry.messageId) ?? '';
      unsaid.push(fromCutSentence(message.content, content.length));
      if (content === '' && !message.toolCalls) return [];
      return [{ ...entry, message: { ...message, content } }];
    });
    return { entries, unsaid: unsaid.filter(Boolean).join(' ') };
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

  private add(entry: Omit<HistoryEntry, 'tokens'>): void {
    const { message } = entry;
    const text = message.content + (message.role === 'assistant' ? JSON.stringify(message.toolCalls ?? '') : '');
    this.entries.push({ ...entry, tokens: estimateTokenCount(text) + 4 });
    this.forgetWhatNeverFits();
    this.onChange();
  }

  /** The window never reaches back past its bound, so older entries are only memory. */
  private forgetWhatNeverFits(): void {
    let tokens = this.entries.reduce((sum, entry) => sum + entry.tokens, 0);
    while (tokens > this.maxTokens * 2 && this.entries.length > 1) tokens -= this.entries.shift()!.tokens;
  }
}

function fromCutSentence(text: string, heardLength: number): string {
  if (heardLength >= text.trimEnd().length) return '';
  const cut = [...sentencesOf(text)].findLast(({ index }) => index <= heardLength);
  return text.slice(cut?.index ?? 0).trim();
}

function sentencesOf(text: string): Intl.Segments {
  return new Intl.Segmenter(undefined, { granularity: 'sentence' }).segment(text);
}
