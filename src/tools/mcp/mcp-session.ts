import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { StdioClientTransport, getDefaultEnvironment } from '@modelcontextprotocol/sdk/client/stdio.js';
import { StreamableHTTPClientTransport, StreamableHTTPError } from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import type { Transport } from '@modelcontextprotocol/sdk/shared/transport.js';
import { ErrorCode, McpError, type Tool, ToolListChangedNotificationSchema } from '@modelcontextprotocol/sdk/types.js';
import { ParleyError } from '../../kernel/errors.js';
import { traceHeaders, withTraceHeaders } from '../../kernel/live-span.js';
import { type SafeFetch, createSafeFetch } from '../../services/http/safe-fetch.js';
import { McpFailure, inShort, reasonOf, withoutSecrets } from './mcp-failure.js';
import type { McpServerSettings } from './mcp-server-file.js';

/** More than this of a tool's answer would only fill the model's memory. */
const MAX_RESULT_CHARACTERS = 20_000;
/** Of one answer on the wire: a list of tools may be long. */
const MAX_ANSWER_BYTES = 4_194_304;
const MAX_STDERR_CHARACTERS = 500;
/** The registry gives a call up first; this is for when nobody else does. */
const BACKSTOP_MS = 130_000;
const MAX_TOOL_PAGES = 50;

export interface RemoteTool {
  readonly name: string;
  readonly description: string;
  /** JSON Schema. */
  readonly inputSchema: Readonly<Record<string, unknown>>;
}

export interface McpSessionEvents {
  /** The server has other tools now. */
  toolsChanged(): void;
  /** There will be no answers any more. */
  closed(): void;
}

/** The SDK closes it without waiting when a connection fails; whoever waits for its end must wait for the process. */
class StdioTransport extends StdioClientTransport {
  private ending: Promise<void> | undefined;

  override close(): Promise<void> {
    return (this.ending ??= super.close());
  }
}

/** One connection to one tool server, from its initialisation to its end. */
export class McpSession {
  private constructor(
    private readonly client: Client,
    private readonly http: SafeFetch | undefined,
  ) {}

  /** Rejects when the server cannot be reached or does not speak the protocol; nothing is left then. */
  static async connect(
    settings: McpServerSettings,
    events: McpSessionEvents,
    signal: AbortSignal,
  ): Promise<McpSession> {
    const { endpoint, connectTimeoutMs } = settings;
    const http =
      endpoint.transport === 'stdio'
        ? undefined
        : createSafeFetch({
            allowPrivate: endpoint.allowPrivate,
            connectTimeoutMs,
            answerTimeoutMs: BACKSTOP_MS,
            maxAnswerBytes: MAX_ANSWER_BYTES,
          });
    const { transport, complaints } = transportOf(endpoint, http);
    const client = new Client({ name: 'parley', version: '1' }, { capabilities: {} });
    // Its interface has no other way to listen.
    Object.assign(client, { onclose: () => events.closed() });
    client.setNotificationHandler(ToolListChangedNotificationSchema, () => events.toolsChanged());
    const session = new McpSession(client, http);
    try {
      await client.connect(transport, { timeout: connectTimeoutMs, signal });
      return session;
    } catch (error) {
      Object.assign(client, { onclose: undefined });
      await session.close();
      const reason = [reasonOf(error), complaints()].filter(Boolean).join(': ');
      throw new McpFailure(inShort(error, settings), withoutSecrets(reason, settings));
    }
  }

  async tools(timeoutMs: number): Promise<RemoteTool[]> {
    const tools: Tool[] = [];
    let cursor: string | undefined;
    for (let page = 0; page < MAX_TOOL_PAGES; page++) {
      const answer = await this.client.listTools({ ...(cursor !== undefined && { cursor }) }, { timeout: timeoutMs });
      tools.push(...answer.tools);
      cursor = answer.nextCursor;
      if (cursor === undefined) break;
    }
    return tools.map(({ name, description, inputSchema }) => ({ name, description: description ?? name, inputSchema }));
  }

  /**
   * The tool's answer, JSON-able. Rejects with `tool_failed` when the tool says that it failed, with the signal's reason
   * when aborted (the server is told), else with what went wrong between us and the server.
   */
  async call(name: string, args: Record<string, unknown>, signal: AbortSignal): Promise<unknown> {
    try {
      const call = { name, arguments: args, ...traceMeta() };
      const answer = await this.client.callTool(call, undefined, { signal, timeout: BACKSTOP_MS });
      const result = answer.structuredContent ?? textOf(answer.content);
      if (answer.isError)
        throw new ParleyError('tool_failed', shortened(textOf(answer.content)) || 'it gave no reason');
      return typeof result === 'string' ? shortened(result) : bounded(result);
    } catch (error) {
      signal.throwIfAborted();
      throw error;
    }
  }

  async ping(timeoutMs: number): Promise<void> {
    await this.client.ping({ timeout: timeoutMs });
  }

  /** Never rejects. */
  async close(): Promise<void> {
    await this.client.close().catch(() => undefined);
    await this.http?.close().catch(() => undefined);
  }
}

/** Whether the server no longer knows this session, and so has not done what it was asked for. */
export function isForgotten(error: unknown): boolean {
  return error instanceof StreamableHTTPError && (error.code === 404 || error.code === 400);
}

/** Whether the server was there and answered, if only that something is wrong. */
export function isAnswer(error: unknown): boolean {
  if (error instanceof ParleyError) return true;
  const gone: readonly number[] = [ErrorCode.ConnectionClosed, ErrorCode.RequestTimeout];
  return error instanceof McpError && !gone.includes(error.code);
}

function transportOf(
  endpoint: McpServerSettings['endpoint'],
  http: SafeFetch | undefined,
): { transport: Transport; complaints: () => string } {
  if (endpoint.transport === 'streamable-http') {
    const transport = new StreamableHTTPClientTransport(new URL(endpoint.url), {
      ...(http && { fetch: withTraceHeaders(http.fetch) }),
      requestInit: { headers: { ...endpoint.headers } },
    });
    return { transport, complaints: () => '' };
  }
  const { command, args, env, cwd } = endpoint;
  const transport = new StdioTransport({
    command,
    args: [...args],
    // Not ours: a tool server has no business with the keys of this one.
    env: { ...getDefaultEnvironment(), ...env },
    ...(cwd !== undefined && { cwd }),
    stderr: 'pipe',
  });
  let said = '';
  transport.stderr?.on('data', (bytes: Buffer) => (said = (said + bytes.toString()).slice(-MAX_STDERR_CHARACTERS)));
  return { transport, complaints: () => said.trim() };
}

/** As MCP has it for every transport: a server on standard input and output gets no headers. */
function traceMeta(): { _meta?: Record<string, string> } {
  const headers = traceHeaders();
  return Object.keys(headers).length > 0 ? { ['_meta']: headers } : {};
}

function textOf(content: unknown): string {
  const parts = Array.isArray(content) ? (content as { type?: unknown; text?: unknown }[]) : [];
  return parts.flatMap((part) => (part.type === 'text' && typeof part.text === 'string' ? [part.text] : [])).join('\n');
}

function bounded(result: unknown): unknown {
  const text = JSON.stringify(result);
  return text.length <= MAX_RESULT_CHARACTERS ? result : shortened(text);
}

function shortened(text: string): string {
  return text.length <= MAX_RESULT_CHARACTERS ? text : `${text.slice(0, MAX_RESULT_CHARACTERS)} … (cut)`;
}
