import type OpenAI from 'openai';
import type { LlmMessage, LlmTool, LlmToolCall } from '../../llm-client.js';

type ChatMessage = OpenAI.Chat.ChatCompletionMessageParam;
type ToolMessage = LlmMessage & { role: 'tool' };

const NOT_UNDERSTOOD = '(The caller said something that was not understood.)';
const WITHHELD = '(The caller said something that was withheld by the content filter.)';
const NO_RESULT = JSON.stringify({ error: 'The tool brought no result', code: 'interrupted' });

/**
 * The conversation in the shape of the chat completions API, which refuses an assistant's tool calls unless exactly their
 * results follow at once. Results are moved to their calls, missing ones made up, those without a call left out.
 *
 * @param withheld contents of callers' messages that must not be sent again.
 */
export function chatMessages(messages: readonly LlmMessage[], withheld: readonly string[] = []): ChatMessage[] {
  const used = new Set<ToolMessage>();
  const resultOf = (callId: string, after: number): string => {
    const result = messages.find(
      (message, index): message is ToolMessage =>
        index > after && message.role === 'tool' && message.callId === callId && !used.has(message),
    );
    if (result) used.add(result);
    return result?.content ?? NO_RESULT;
  };
  return messages.flatMap((message, index): ChatMessage[] => {
    if (message.role === 'tool') return [];
    if (message.role === 'system') return [{ role: 'system', content: message.content }];
    if (message.role === 'user')
      return [{ role: 'user', content: message.rejected ? NOT_UNDERSTOOD : allowed(message.content, withheld) }];
    const { content, toolCalls = [] } = message;
    const results = toolCalls.map(({ callId }): ChatMessage => {
      return { role: 'tool', tool_call_id: callId, content: resultOf(callId, index) };
    });
    return [assistantMessage(content, toolCalls), ...results];
  });
}

function assistantMessage(content: string, calls: readonly LlmToolCall[]): ChatMessage {
  if (calls.length === 0) return { role: 'assistant', content };
  return { role: 'assistant', content: content || null, tool_calls: calls.map(chatToolCall) };
}

export function chatTools(tools: readonly LlmTool[]): OpenAI.Chat.ChatCompletionTool[] {
  return tools.map(({ name, description, parameters }) => ({
    type: 'function',
    function: { name, description, parameters: { ...parameters } },
  }));
}

function allowed(content: string, withheld: readonly string[]): string {
  return withheld.includes(content) ? WITHHELD : content;
}

/** What a model made up is not sent back where a service would choke on it, turn after turn. */
function chatToolCall({ callId, name, arguments: json }: LlmToolCall): OpenAI.Chat.ChatCompletionMessageToolCall {
  const safeName = name.replaceAll(/[^a-zA-Z0-9_-]/g, '_').slice(0, 64) || 'unnamed';
  return { id: callId, type: 'function', function: { name: safeName, arguments: isObject(json) ? json : '{}' } };
}

function isObject(json: string): boolean {
  try {
    const value: unknown = JSON.parse(json);
    return typeof value === 'object' && value !== null && !Array.isArray(value);
  } catch {
    return false;
  }
}
