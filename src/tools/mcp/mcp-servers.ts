import { Injectable, Logger, type OnModuleInit } from '@nestjs/common';
import { type ObservableResult, metrics } from '@opentelemetry/api';
import { Environment } from '../../config/environment.js';
import { McpConfig } from '../../config/mcp.config.js';
import { packageRoot } from '../../config/package-root.js';
import { Clock } from '../../kernel/clock.js';
import { messageOf } from '../../kernel/errors.js';
import { ToolRegistry } from '../tool-registry.js';
import type { McpConnection } from './mcp-connection.js';
import { type McpServerSettings, readMcpServers } from './mcp-server-file.js';
import type { RemoteTool } from './mcp-session.js';

export interface McpServerStatus {
  readonly status: 'connecting' | 'healthy' | 'unhealthy';
  readonly required: boolean;
  readonly transport: string;
  readonly tools_count: number;
  readonly tool_names: readonly string[];
  readonly error?: string;
}

interface Server {
  readonly settings: McpServerSettings;
  /** Set by `start`. */
  connection?: McpConnection;
  tools: readonly string[];
}

/** All tool servers of the configuration, and their tools in the registry for as long as they can be reached. */
@Injectable()
export class McpServers implements OnModuleInit {
  private readonly logger = new Logger('Mcp');
  private servers: Server[] = [];
  private readonly connected = metrics.getMeter('parley.tools').createObservableGauge('mcp.server.connected', {
    description: 'Whether a tool server can be reached: 1 yes, 0 no',
  });
  private readonly observe = (result: ObservableResult): void => {
    for (const { settings, connection } of this.servers)
      result.observe(connection?.connected ? 1 : 0, { server: settings.name });
  };

  constructor(
    private readonly config: McpConfig,
    private readonly environment: Environment,
    private readonly registry: ToolRegistry,
    private readonly clock: Clock,
  ) {}

  /** Throws `config_invalid` when a server's file is not right. Agents may name its tools from now on. */
  onModuleInit(): void {
    const settings = readMcpServers(this.config, packageRoot, this.environment.variables);
    this.servers = settings.map((server) => ({ settings: server, tools: [] }));
    for (const { name, tools } of settings) this.registry.declare(name, tools);
  }

  get count(): number {
    return this.servers.length;
  }

  /** Connects to all that are not connected, at the same time. Rejects when a required one cannot be reached. */
  async start(): Promise<void> {
    if (this.servers.length === 0) return;
    this.connected.addCallback(this.observe);
    // Not loaded where nobody wants it.
    const { McpConnection } = await import('./mcp-connection.js');
    const { ServerTool } = await import('./server-tool.js');
    const offer = (server: Server, connection: McpConnection, offered: readonly RemoteTool[]): void => {
      const { name, tools } = server.settings;
      const found = tools.flatMap((choice) => {
        const remote = offered.find((tool) => tool.name === choice.remoteName);
        return remote ? [new ServerTool(connection, choice, remote)] : [];
      });
      const missing = tools.filter((choice) => offered.length > 0 && !found.some((tool) => tool.name === choice.name));
      if (missing.length > 0)
        this.logger.warn(`${name} has no tool ${missing.map(({ remoteName }) => `"${remoteName}"`).join(', ')}`);
      server.tools = found.map((tool) => tool.name);
      this.registry.provide(name, found);
    };
    const opened = this.servers.map(async (server) => {
      const { settings } = server;
      const connection = (server.connection ??= new McpConnection({
        settings,
        clock: this.clock,
        pingMs: this.config.pingMs,
        onTools: (tools) => offer(server, connection, tools),
        onChange: (line, level) => this.logger[level](`${settings.name}: ${line}`),
      }));
      try {
        await connection.open();
      } catch (error) {
        this.logger[settings.required ? 'error' : 'warn'](`${settings.name} cannot be reached: ${messageOf(error)}`);
      }
    });
    await Promise.all(opened);
    const missing = this.servers.filter(({ settings, connection }) => settings.required && !connection?.connected);
    if (missing.length > 0)
      throw new Error(`Not reached, but required: ${missing.map(({ settings }) => settings.name).join(', ')}`);
  }

  async stop(): Promise<void> {
    this.connected.removeCallback(this.observe);
    await Promise.all(this.servers.map(async ({ connection }) => connection?.close()));
  }

  /** As of now, by name. */
  status(): Record<string, McpServerStatus> {
    return Object.fromEntries(this.servers.map((server) => [server.settings.name, statusOf(server)]));
  }
}

function statusOf({ settings, connection, tools }: Server): McpServerStatus {
  const problem = connection?.problem;
  return {
    status: connection?.connected ? 'healthy' : problem === undefined ? 'connecting' : 'unhealthy',
    required: settings.required,
    transport: settings.endpoint.transport,
    tools_count: tools.length,
    tool_names: tools,
    ...(problem === undefined ? {} : { error: problem }),
  };
}
