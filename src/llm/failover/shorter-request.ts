import type { LlmMessage, LlmRequest } from '../llm-client.js';

/**
 * The request without the older half of the conversation, measured in characters. Instructions stay, and so does
 * everything from the caller's last words on.
 */
export function withHalfTheHistory(request: LlmRequest): LlmRequest {
  const instructions = request.messages.filter(({ role }) => role === 'system');
  const conversation = request.messages.filter(({ role }) => role !== 'system');
  const lastWords = Math.max(
    conversation.findLastIndex(({ role }) => role === 'user'),
    0,
  );
  let left = sizeOf(conversation) / 2;
  let start = 0;
  while (start < lastWords && left > 0) left -= sizeOf([conversation[start++]!]);
  return { ...request, messages: [...instructions, ...conversation.slice(start)] };
}

function sizeOf(messages: readonly LlmMessage[]): number {
  return messages.reduce((sum, message) => sum + JSON.stringify(message).length, 0);
}
