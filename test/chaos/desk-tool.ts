import { cpSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { stringify } from 'yaml';
import type { ToolServer } from '../fakes/mcp/tool-server.js';

/** Settings for the shipped agents, of which the concierge may also use `desk_greet` of this tool server. */
export function deskTool(tools: ToolServer): NodeJS.ProcessEnv {
  const agents = mkdtempSync(path.join(tmpdir(), 'parley-chaos-agents-'));
  cpSync('agents', agents, { recursive: true });
  const file = path.join(agents, 'concierge', 'agent.yaml');
  writeFileSync(
    file,
    readFileSync(file, 'utf8')
      .replace(/^tools:\s*\[/m, 'tools: [desk_greet, ')
      .replace(/^tools:\n/m, 'tools:\n  - desk_greet\n'),
  );
  const servers = mkdtempSync(path.join(tmpdir(), 'parley-chaos-tools-'));
  const desk = { url: tools.url, allow_private_network: true, tools: [{ name: 'greet', timeout_ms: 4000 }] };
  writeFileSync(path.join(servers, 'desk.yaml'), stringify(desk));
  return { AGENTS_DIR: agents, MCP_DIR: servers, MCP_ENABLED_SERVERS: 'desk' };
}
