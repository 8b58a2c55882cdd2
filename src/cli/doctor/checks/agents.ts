import path from 'node:path';
import { AgentsInvalidError, type LoadedAgents, describeFault } from '../../../agents/agent-loader.js';
import { AgentsConfig } from '../../../config/agents.config.js';
import { AzureSpeechConfig } from '../../../config/azure-speech.config.js';
import { McpConfig } from '../../../config/mcp.config.js';
import { packageRoot } from '../../../config/package-root.js';
import { ServerConfig } from '../../../config/server.config.js';
import { SpeechConfig } from '../../../config/speech.config.js';
import { messageOf } from '../../../kernel/errors.js';
import { readMcpServers } from '../../../tools/mcp/mcp-server-file.js';
import { checkedAgents } from '../../checked-agents.js';
import { counted } from '../../counted.js';
import type { Deployment } from '../deployment.js';
import { type Check, type Finding, ok, problem, say } from '../finding.js';

const LIMIT_MS = 5000;
const MOST_FAULTS = 10;
const SETTINGS = ['AGENTS_DIR', 'DEFAULT_SCENARIO'];

/** The agents and scenarios are read and checked, as at the start. */
export function agentChecks(deployment: Deployment): Check[] {
  if (deployment.section(ServerConfig).role === 'pusher') return [];
  const { directory, scenario } = deployment.whole(AgentsConfig);
  // What they are checked against: with less, they would be said to be wrong.
  deployment.whole(SpeechConfig);
  deployment.whole(AzureSpeechConfig);
  readMcpServers(deployment.whole(McpConfig), packageRoot, deployment.variables);
  const folder = { directory: path.resolve(packageRoot, directory), defaultScenario: scenario };
  let reading: Promise<LoadedAgents> | undefined;
  const read = (): Promise<LoadedAgents> => (reading ??= checkedAgents(deployment.config, folder));
  return [
    {
      about: 'agents',
      settings: SETTINGS,
      // It keeps the processor busy, and everybody else waiting.
      prepare: read,
      limitMs: LIMIT_MS,
      examine: async () => {
        try {
          const { agents, scenarios } = await read();
          const { start } = scenarios.find(({ name }) => name === scenario)!;
          const known = `${counted(agents.length, 'agent')}, ${counted(scenarios.length, 'scenario')}`;
          return [ok(say`${known}; calls begin with ${start} of "${scenario}"`)];
        } catch (error) {
          return problemsOf(error);
        }
      },
    },
  ];
}

function problemsOf(error: unknown): Finding[] {
  if (!(error instanceof AgentsInvalidError))
    return [problem(messageOf(error), ['AGENTS_DIR'], 'Name the folder that has one folder for each agent')];
  const advice = 'The server does not start with it: correct the file';
  const findings = error.faults
    .slice(0, MOST_FAULTS)
    .map((fault) =>
      fault.message.includes('it is the default scenario')
        ? problem(describeFault(fault), ['DEFAULT_SCENARIO'], 'Name one that there is, or write that one')
        : problem(describeFault(fault), ['AGENTS_DIR'], advice),
    );
  const more = error.faults.length - findings.length;
  if (more === 0) return findings;
  return [
    ...findings,
    problem(say`and ${counted(more, 'fault')} more`, ['AGENTS_DIR'], '`agents:check` has all of them'),
  ];
}
