import { configOf, int, list, setting, text } from './setting.js';

export class McpConfig extends configOf('mcp', {
  enabledServers: setting(
    'MCP_ENABLED_SERVERS',
    list(),
    'Tool servers to use, by the names of their files in MCP_DIR without `.yaml`.',
  ),
  requiredServers: setting(
    'MCP_REQUIRED_SERVERS',
    list(),
    'Those of MCP_ENABLED_SERVERS without which this server is not ready. Calls are answered all the same, without their tools.',
  ),
  directory: setting('MCP_DIR', text().min(1), 'Folder with one YAML file per tool server; see docs/mcp.md.'),
  connectTimeoutMs: setting(
    'MCP_CONNECT_TIMEOUT_MS',
    int(100, 60_000),
    'How long a tool server may take to be reached and to list its tools.',
  ),
  callTimeoutMs: setting(
    'MCP_CALL_TIMEOUT_MS',
    int(100, 120_000),
    'How long a tool call may take, where the file of the server does not say.',
  ),
  pingMs: setting(
    'MCP_PING_MS',
    int(100, 600_000),
    'How often a tool server is asked whether it is still there; one that does not answer is connected to again.',
  ),
}) {}
