import path from 'node:path';
import { parseArgs } from 'node:util';
import { AgentsInvalidError, type LoadedAgents, describeFault } from '../agents/agent-loader.js';
import { AgentsConfig } from '../config/agents.config.js';
import { type LoadedConfig, loadConfig } from '../config/load.js';
import { packageRoot } from '../config/package-root.js';
import { messageOf } from '../kernel/errors.js';
import { checkedAgents } from './checked-agents.js';
import { counted } from './counted.js';

const HELP = `Usage: npm run agents:check [-- --dir <folder>]

Checks every agent and scenario, and prints them with who hands over to whom.
Prints "file:line:column field: message" for every fault, and exits 1, if there are any.

  --dir <folder>   instead of the folder that AGENTS_DIR names
`;

/** `npm run agents:check` */
export async function main(args: string[]): Promise<number> {
  try {
    const { values } = parseArgs({ args, options: { dir: { type: 'string' }, help: { type: 'boolean', short: 'h' } } });
    if (values.help) {
      process.stdout.write(HELP);
      return 0;
    }
    const config = loadConfig(process.env);
    process.stdout.write(describe(await checkedAgents(config, whatToCheck(config, values.dir))));
    return 0;
  } catch (error) {
    const faults = error instanceof AgentsInvalidError ? error.faults.map(describeFault).join('\n') : messageOf(error);
    process.stderr.write(`${faults}\n`);
    return 1;
  }
}

/** A folder named by `--dir` need not have the scenario that is the default without being asked for. */
function whatToCheck(
  { values, settings }: LoadedConfig,
  folder: string | undefined,
): { directory: string; defaultScenario?: string } {
  const config = values.get(AgentsConfig) as AgentsConfig;
  const isAskedFor = settings.some(
    ({ setting, origin }) => setting === AgentsConfig.settings.scenario && origin !== 'default.yaml',
  );
  return {
    directory: folder ?? path.resolve(packageRoot, config.directory),
    ...((folder === undefined || isAskedFor) && { defaultScenario: config.scenario }),
  };
}

function describe({ agents, scenarios }: LoadedAgents): string {
  const lines = [counted(agents.length, 'agent')];
  for (const { name, description, voice, tools, dialogue } of agents) {
    const intents = Object.values(dialogue.intents ?? {});
    const examples = intents.reduce((sum, intent) => sum + intent.examples.length, 0);
    lines.push(`  ${name}: ${description}`);
    lines.push(
      `    voice ${voice.name}, ${intents.length} intents with ${examples} phrases, tools ${tools.join(', ')}`,
    );
  }
  lines.push('', counted(scenarios.length, 'scenario'));
  for (const { name, description, start, handoffs } of scenarios) {
    lines.push(`  ${name}: ${description}`, `    starts with ${start}`);
    for (const { from, to, kind, when } of handoffs) lines.push(`    ${from} -> ${to} (${kind}): ${when}`);
  }
  return `${lines.join('\n')}\n`;
}
