import { ToolSchema } from '@modelcontextprotocol/sdk/types.js';
import OpenAI from 'openai';
import { Aborted } from '../../../src/kernel/abort.js';
import { ManualClock } from '../../../src/kernel/clock.js';
import { OpenAiLlmClient } from '../../../src/llm/drivers/openai/openai-llm.client.js';
import type { LlmEvent, LlmRequest } from '../../../src/llm/llm-client.js';
import { LlmError } from '../../../src/llm/llm-error.js';
import { parseMessage } from '../../../src/speech/drivers/deepgram/deepgram-messages.js';
import { DeepgramUtterance } from '../../../src/speech/drivers/deepgram/deepgram-utterance.js';
import type { McpConnection } from '../../../src/tools/mcp/mcp-connection.js';
import { ServerTool } from '../../../src/tools/mcp/server-tool.js';
import { ToolRegistry } from '../../../src/tools/tool-registry.js';
import { Finding, type FuzzTarget, clean, quotesNothing } from './rules.js';

/** What services answer that are asked: models, recognisers, tool servers. */
export function serviceTargets(): FuzzTarget[] {
  return [
    {
      name: 'schemas of tool servers',
      share: 0.5,
      seeds: [
        '{"type":"object","properties":{"account":{"type":"string","pattern":"^[0-9]+$"},"amount":{"type":"number","minimum":0}},"required":["account"]}',
        '{"type":"object","properties":{"to":{"$ref":"#/$defs/place"}},"$defs":{"place":{"anyOf":[{"type":"null"},{"enum":["a",1]}]}}}',
        '{"type":"object","properties":{"list":{"type":"array","items":{"type":"integer"}}},"additionalProperties":false}',
      ],
      run: toolOf,
    },
    {
      name: 'messages of Deepgram',
      share: 3,
      seeds: [
        '{"type":"Results","start":0.5,"duration":1.2,"is_final":true,"from_finalize":true,"channel":{"alternatives":[{"transcript":"what is my balance","confidence":0.98,"words":[{"word":"what","start":0.5,"end":0.7,"confidence":0.99,"speaker":0}]}]}}',
        '{"type":"Results","start":0,"duration":1,"is_final":false,"channel":{"alternatives":[{"transcript":"what","confidence":0.5,"words":[]}]}}',
        '{"type":"Metadata","request_id":"r"}',
      ],
      run: heardIn,
    },
    {
      name: 'answers of models',
      share: 0.5,
      seeds: [
        '{"id":"c","object":"chat.completion.chunk","choices":[{"index":0,"delta":{"role":"assistant","content":"Hello."},"finish_reason":null}]}',
        '{"id":"c","choices":[{"index":0,"delta":{"tool_calls":[{"index":0,"id":"call_1","type":"function","function":{"name":"look_up","arguments":"{\\"a\\":1}"}}]},"finish_reason":null}]}',
        '{"id":"c","choices":[],"usage":{"prompt_tokens":12,"completion_tokens":3,"total_tokens":15}}',
        '{"error":{"message":"The prompt was refused","type":"invalid_request_error","code":"content_filter"}}',
      ],
      run: answeredBy,
    },
  ];
}

const choice = { name: 'desk_tool', remoteName: 'tool', timeoutMs: 1000, interruptible: true };

/** A tool, if the SDK takes it for one: what it makes of arguments, and how it is shown. */
function toolOf(input: Buffer): boolean {
  let inputSchema: unknown;
  try {
    inputSchema = JSON.parse(input.toString('utf8'));
  } catch {
    return false;
  }
  const remote = ToolSchema.safeParse({ name: 'tool', inputSchema });
  if (!remote.success) return false;
  const tool = new ServerTool({} as unknown as McpConnection, choice, { ...remote.data, description: 'A tool' });
  for (const given of [{}, { account: '12', amount: 3 }, { to: null, list: [1, 'a'] }, 'nothing'])
    tool.parameters.safeParse(given);
  const registry = new ToolRegistry(new ManualClock());
  registry.register(tool);
  registry.known();
  clean();
  return true;
}

function heardIn(input: Buffer): boolean {
  let results;
  try {
    results = parseMessage(input.toString('utf8'));
  } catch {
    // Whatever it is: the connection says that an answer could not be read, and nothing of it.
    return false;
  }
  if (!results) return false;
  const partials: string[] = [];
  const utterance = new DeepgramUtterance(
    { onPartial: (text) => void partials.push(text), onFinal: () => undefined, onError: () => undefined },
    0,
  );
  utterance.take(results);
  const { text, confidence } = utterance.result();
  if (confidence < 0 || confidence > 1 || Number.isNaN(confidence)) throw new Finding(`confidence ${confidence}`);
  for (const said of [text, ...partials]) if (said.length > input.length) throw new Finding('more than was said');
  clean();
  return true;
}

const question: LlmRequest = {
  messages: [{ role: 'user', content: 'Hello' }],
  tools: [],
  dialogue: { slots: {} },
  variables: {},
  memory: {},
};
const END = '{"choices":[{"index":0,"delta":{},"finish_reason":"stop"}]}';

/** An answer with this in it, through the vendor's own library. */
async function answeredBy(input: Buffer): Promise<boolean> {
  const body = Buffer.concat([Buffer.from('data: '), input, Buffer.from(`\n\ndata: ${END}\n\ndata: [DONE]\n\n`)]);
  const sdk = new OpenAI({
    apiKey: 'none',
    baseURL: 'http://model.invalid/v1',
    maxRetries: 0,
    logLevel: 'off',
    fetch: async () => new Response(body, { headers: { 'content-type': 'text/event-stream' } }),
  });
  const options = {
    name: 'model',
    model: 'm',
    maxTokensParameter: 'max_tokens',
    maxTokens: 10,
    temperature: 0,
  } as const;
  const client = new OpenAiLlmClient(sdk, options, new ManualClock(), async () => undefined);
  const controller = new AbortController();
  try {
    for await (const event of client.stream({ ...question, memory: {} }, controller.signal)) isWhole(event);
    clean();
    return true;
  } catch (error) {
    if (!(error instanceof LlmError)) throw error;
    quotesNothing(error.message, input);
    return false;
  } finally {
    controller.abort(new Aborted('completed'));
  }
}

/** What those who get it rely on. */
function isWhole(event: LlmEvent): void {
  const texts =
    event.type === 'text'
      ? [event.text]
      : event.type === 'tool_call'
        ? [event.call.callId, event.call.name, event.call.arguments]
        : [];
  if (texts.some((text) => typeof text !== 'string')) throw new Finding(`${event.type} of what is no text`);
  if (event.type === 'finish' && event.usage)
    for (const tokens of [event.usage.inputTokens, event.usage.outputTokens])
      if (!Number.isFinite(tokens)) throw new Finding(`${typeof tokens} tokens`);
}
