import { z } from 'zod';
import type { Tool, ToolContext, ToolOutcome } from '../tool.js';
import type { McpConnection } from './mcp-connection.js';
import type { McpToolChoice } from './mcp-server-file.js';
import type { RemoteTool } from './mcp-session.js';

type Arguments = Record<string, unknown>;

/** A tool of a tool server, as one of ours. */
export class ServerTool implements Tool<Arguments> {
  readonly name: string;
  readonly description: string;
  readonly parameters: z.ZodType<Arguments>;
  readonly parametersShown: Readonly<Record<string, unknown>>;
  readonly timeoutMs: number;
  readonly interruptible: boolean;
  private readonly remoteName: string;

  constructor(
    private readonly connection: McpConnection,
    choice: McpToolChoice,
    remote: RemoteTool,
  ) {
    this.name = choice.name;
    this.remoteName = choice.remoteName;
    this.timeoutMs = choice.timeoutMs;
    this.interruptible = choice.interruptible;
    this.description = remote.description;
    const { $schema: _, ...schema } = remote.inputSchema;
    this.parametersShown = schema;
    this.parameters = zodOf(schema);
  }

  async run(args: Arguments, _context: ToolContext, signal: AbortSignal): Promise<ToolOutcome> {
    return { result: await this.connection.call(this.remoteName, args, signal) };
  }
}

/** What our validator does not understand the server checks itself. */
function zodOf(schema: Readonly<Record<string, unknown>>): z.ZodType<Arguments> {
  try {
    return z.fromJSONSchema(schema) as z.ZodType<Arguments>;
  } catch {
    return z.looseObject({});
  }
}
