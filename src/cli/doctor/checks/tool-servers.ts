import { packageRoot } from '../../../config/package-root.js';
import { McpConfig } from '../../../config/mcp.config.js';
import { type McpServerSettings, readMcpServers } from '../../../tools/mcp/mcp-server-file.js';
import type { Deployment } from '../deployment.js';
import { type Check, type Finding, ok, problem, say } from '../finding.js';

const SETTINGS = ['MCP_ENABLED_SERVERS'];

/** Each tool server is connected to and asked for its tools; none of them is called. */
export function toolServerChecks(deployment: Deployment): Check[] {
  const config = deployment.section(McpConfig);
  return readMcpServers(config, packageRoot, deployment.variables).map((settings) => ({
    about: `tools ${settings.name}`,
    settings: SETTINGS,
    limitMs: 2 * settings.connectTimeoutMs + 1000,
    prepare: () => import('../../../tools/mcp/mcp-session.js'),
    examine: (signal) => examine(settings, signal),
  }));
}

async function examine(settings: McpServerSettings, signal: AbortSignal): Promise<Finding[]> {
  const { McpSession } = await import('../../../tools/mcp/mcp-session.js');
  const { inShort } = await import('../../../tools/mcp/mcp-failure.js');
  const file = `the file of ${settings.name} in MCP_DIR`;
  try {
    const events = { toolsChanged: () => undefined, closed: () => undefined };
    const session = await McpSession.connect(settings, events, signal);
    try {
      const offered = (await session.tools(settings.connectTimeoutMs)).map(({ name }) => name);
      const missing = settings.tools.map(({ remoteName }) => remoteName).filter((name) => !offered.includes(name));
      if (missing.length === 0)
        return [ok(say`connected; it has all ${settings.tools.length} tools that agents may use`)];
      return [
        problem(
          say`it has no ${missing.map((name) => `"${name}"`).join(', ')}; it has ${offered.join(', ') || 'no tools at all'}`,
          SETTINGS,
          `Correct \`tools\` in ${file}`,
        ),
      ];
    } finally {
      await session.close();
    }
  } catch (error) {
    // Words of our own: what the server has said may hold any number, and anything else.
    const reason = inShort(error, settings);
    const says = say`${reason}${settings.required ? '; this server is not ready without it' : ''}`;
    return [problem(says, SETTINGS, adviceOn(reason, settings, file))];
  }
}

function adviceOn(reason: string, { endpoint }: McpServerSettings, file: string): string {
  if (endpoint.transport === 'stdio') return `Look at \`command\`, \`args\` and \`env\` in ${file}`;
  if (/Refused to connect/.test(reason) && !endpoint.allowPrivate)
    return `If it is in your own network, say so with \`allow_private_network: true\` in ${file}`;
  if (/\bstatus 40[13]\b/.test(reason))
    return `Correct \`headers\` in ${file}, or the variable that they take their value from`;
  return `Start it, or correct \`url\` in ${file}`;
}
