/** What the real service says about a request that is not as its reference has it, in its own words; undefined if it is. */
export function complaintAbout(body: unknown, maxTokensParameter: string): ChatComplaint | undefined {
  if (typeof body !== 'object' || body === null)
    return { message: 'We could not parse the JSON body of your request.' };
  const request = body as Record<string, unknown>;
  const unknown = Object.keys(request).find((key) => !KNOWN.has(key));
  if (unknown) return { message: `Unrecognized request argument supplied: ${unknown}` };
  for (const name of ['max_tokens', 'max_completion_tokens']) {
    if (!(name in request)) continue;
    if (name !== maxTokensParameter)
      return {
        message: `Unsupported parameter: '${name}' is not supported with this model.`,
        code: 'unsupported_parameter',
        param: name,
      };
    if (!Number.isInteger(request[name])) return { message: `Invalid type for '${name}'`, param: name };
  }
  const { temperature, stream, tools, messages } = request;
  if (temperature !== undefined && !(typeof temperature === 'number' && temperature >= 0 && temperature <= 2))
    return { message: 'Invalid temperature', param: 'temperature' };
  if (stream !== true && request['stream_options'])
    return { message: 'stream_options is only allowed when stream is enabled' };
  return complaintAboutTools(tools) ?? complaintAboutMessages(messages);
}

export interface ChatComplaint {
  readonly message: string;
  readonly code?: string;
  readonly param?: string;
}

const KNOWN = new Set([
  'model',
  'messages',
  'stream',
  'stream_options',
  'max_tokens',
  'max_completion_tokens',
  'temperature',
  'tools',
  'tool_choice',
]);
const NAME = /^[a-zA-Z0-9_-]{1,64}$/;

function complaintAboutTools(tools: unknown): ChatComplaint | undefined {
  if (tools === undefined) return undefined;
  if (!Array.isArray(tools) || tools.length === 0) return { message: '[] is too short', param: 'tools' };
  for (const tool of tools as { type?: unknown; function?: { name?: unknown; parameters?: { type?: unknown } } }[]) {
    if (tool.type !== 'function' || !NAME.test(String(tool.function?.name)))
      return { message: 'Invalid tool', param: 'tools[0].function.name' };
    if (tool.function?.parameters?.type !== 'object')
      return {
        message: 'schema must be a JSON Schema of type object',
        param: 'tools[0].function.parameters',
        code: 'invalid_function_parameters',
      };
  }
  return undefined;
}

interface ChatMessage {
  readonly role?: unknown;
  readonly content?: unknown;
  readonly tool_call_id?: unknown;
  readonly tool_calls?: readonly { id?: unknown; type?: unknown; function?: { name?: unknown; arguments?: unknown } }[];
}

function complaintAboutMessages(messages: unknown): ChatComplaint | undefined {
  if (!Array.isArray(messages) || messages.length === 0) return { message: '[] is too short', param: 'messages' };
  let unanswered: unknown[] = [];
  for (const [index, message] of (messages as ChatMessage[]).entries()) {
    const param = `messages.[${index}]`;
    if (message.role === 'tool') {
      if (!unanswered.includes(message.tool_call_id))
        return {
          message: "messages with role 'tool' must be a response to a preceding message with 'tool_calls'.",
          param: `${param}.role`,
        };
      unanswered = unanswered.filter((id) => id !== message.tool_call_id);
      if (typeof message.content !== 'string') return { message: 'Invalid content', param };
      continue;
    }
    if (unanswered.length > 0) return notAnswered(unanswered, param);
    if (!['system', 'user', 'assistant'].includes(String(message.role))) return { message: 'Invalid role', param };
    const calls = message.tool_calls;
    if (calls) {
      if (message.role !== 'assistant' || calls.length === 0) return { message: 'Invalid tool_calls', param };
      for (const call of calls) {
        if (typeof call.id !== 'string' || call.id === '' || call.type !== 'function' || !isCall(call.function))
          return { message: 'Invalid tool call', param: `${param}.tool_calls` };
      }
      unanswered = calls.map(({ id }) => id);
    }
    if (typeof message.content !== 'string' && !(message.content === null && calls))
      return { message: `Invalid value for 'content': expected a string, got null.`, param: `${param}.content` };
  }
  return unanswered.length > 0 ? notAnswered(unanswered, 'messages') : undefined;
}

function isCall(call: { name?: unknown; arguments?: unknown } | undefined): boolean {
  if (!call || !NAME.test(String(call.name)) || typeof call.arguments !== 'string') return false;
  try {
    // vLLM's templates want an object; OpenAI does not look.
    return typeof JSON.parse(call.arguments) === 'object';
  } catch {
    return false;
  }
}

function notAnswered(ids: readonly unknown[], param: string): ChatComplaint {
  return {
    message: `An assistant message with 'tool_calls' must be followed by tool messages responding to each 'tool_call_id'. The following tool_call_ids did not have response messages: ${ids.join(', ')}`,
    param,
  };
}
