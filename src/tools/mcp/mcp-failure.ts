import { StreamableHTTPError } from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import { ErrorCode, McpError } from '@modelcontextprotocol/sdk/types.js';
import { ParleyError, messageOf } from '../../kernel/errors.js';
import type { McpServerSettings } from './mcp-server-file.js';

const NO_ANSWER: number = ErrorCode.RequestTimeout;
const CLOSED: number = ErrorCode.ConnectionClosed;

/** `message` may hold whatever the server has printed; `inShort` holds none of it. */
export class McpFailure extends Error {
  constructor(
    readonly inShort: string,
    message: string,
  ) {
    super(message);
  }
}

/** What is wrong with a server, for whoever may see only that: words of our own. */
export function inShort(error: unknown, { connectTimeoutMs }: McpServerSettings): string {
  if (error instanceof McpFailure) return error.inShort;
  const cause = error instanceof Error ? error.cause : undefined;
  for (const ours of [error, cause]) if (ours instanceof ParleyError) return ours.message;
  if (error instanceof StreamableHTTPError && error.code !== undefined && error.code > 0)
    return `it answered with status ${error.code}`;
  if (error instanceof McpError && error.code === NO_ANSWER) return `no answer in ${connectTimeoutMs} ms`;
  if (error instanceof McpError && error.code === CLOSED) return 'it has closed the connection';
  const code = codeOf(error) ?? codeOf(cause);
  return code === undefined ? 'it does not speak the protocol' : `it cannot be reached (${code})`;
}

/** What it was given to know stays between the two of us. */
export function withoutSecrets(text: string, { endpoint }: McpServerSettings): string {
  const given =
    endpoint.transport === 'stdio'
      ? Object.values(endpoint.env)
      : [...Object.values(endpoint.headers), ...new URL(endpoint.url).searchParams.values()];
  const words = given.flatMap((value) => [value, ...value.split(' ')]).filter((word) => word.length >= 4);
  return words.reduce((masked, word) => masked.replaceAll(word, '***'), text);
}

function codeOf(error: unknown): string | undefined {
  const code = (error as { code?: unknown } | undefined)?.code;
  return typeof code === 'string' ? code : undefined;
}

/** `fetch failed` says nothing; what is behind it does. */
export function reasonOf(error: unknown): string {
  const cause = error instanceof Error ? error.cause : undefined;
  return cause instanceof Error && cause.message ? `${messageOf(error)} (${cause.message})` : messageOf(error);
}
