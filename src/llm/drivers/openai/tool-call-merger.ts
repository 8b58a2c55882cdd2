import type OpenAI from 'openai';
import type { LlmToolCall } from '../../llm-client.js';
import { LlmError } from '../../llm-error.js';

type Fragment = OpenAI.Chat.ChatCompletionChunk.Choice.Delta.ToolCall;

/** Puts the tool calls of one answer together, whose fragments come interleaved and are known by their index only. */
export class ToolCallMerger {
  private readonly calls = new Map<number, { id: string; name: string; arguments: string }>();

  add(fragment: Fragment): void {
    const index = fragment.index ?? 0;
    const call = this.calls.get(index) ?? { id: '', name: '', arguments: '' };
    this.calls.set(index, call);
    // Some services repeat id and name in every fragment.
    call.id ||= textOf(fragment.id);
    call.name ||= textOf(fragment.function?.name);
    call.arguments += textOf(fragment.function?.arguments);
  }

  /** In the order of their indices. Arguments that are no JSON are left to whoever runs the tool. */
  finish(idOf: (index: number) => string): LlmToolCall[] {
    return [...this.calls]
      .toSorted(([a], [b]) => a - b)
      .map(([index, { id, name, arguments: json }]) => {
        if (name === '') throw new LlmError('broken_stream', 'The model asked for a tool without a name');
        return { callId: id || idOf(index), name, arguments: json || '{}' };
      });
  }
}

function textOf(value: unknown): string {
  if (typeof value === 'string') return value;
  if (value === undefined || value === null) return '';
  throw new LlmError('broken_stream', 'A part of a tool call is no text');
}
