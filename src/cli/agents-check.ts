import { NestFactory } from '@nestjs/core';
import { Global, Module } from '@nestjs/common';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { AgentsInvalidError, describeFault, type LoadedAgents, loadAgents } from '../agents/agent-loader.js';
import { type SpeechAbilities, speechAbilities } from '../agents/speech-abilities.js';
import { loadConfig } from '../config/load.js';
import { AgentsConfig } from '../config/agents.config.js';
import { AzureSpeechConfig } from '../config/azure-speech.config.js';
import { DeepgramConfig } from '../config/deepgram.config.js';
import { ScriptedConfig } from '../config/scripted.config.js';
import { SherpaConfig } from '../config/sherpa.config.js';
import { SpeechConfig } from '../config/speech.config.js';
import { VoiceConfig } from '../config/voice.config.js';
import { packageRoot } from '../config/package-root.js';
import { Clock, SystemClock } from '../kernel/clock.js';
import { messageOf } from '../kernel/errors.js';
import { DriverLoader } from '../speech/load-drivers.js';
import { readMcpServers } from '../tools/mcp/mcp-server-file.js';
import { McpConfig } from '../config/mcp.config.js';
import { ToolRegistry } from '../tools/tool-registry.js';
import { ToolsModule } from '../tools/tools.module.js';

const HELP = `Usage: npm run agents:check [-- --dir <folder>]

Checks every agent and scenario, and prints them with who hands over to whom.
Prints "file:line:column field: message" for every fault, and exits 1, if there are any.

  --dir <folder>   instead of the folder that AGENTS_DIR names
`;

@Global()
@Module({ providers: [{ provide: Clock, useClass: SystemClock }], exports: [Clock] })
class ClockModule {}

@Module({ imports: [ClockModule, ToolsModule] })
class CheckModule {}

/** `npm run agents:check` */
export async function main(args: string[]): Promise<number> {
  try {
    const { values } = parseArgs({ args, options: { dir: { type: 'string' }, help: { type: 'boolean', short: 'h' } } });
    if (values.help) {
      process.stdout.write(HELP);
      return 0;
    }
    const speech = await configuredSpeech();
    process.stdout.write(describe(loadAgents({ ...whatToCheck(values.dir), tools: await knownTools(), ...speech })));
    return 0;
  } catch (error) {
    const faults = error instanceof AgentsInvalidError ? error.faults.map(describeFault).join('\n') : messageOf(error);
    process.stderr.write(`${faults}\n`);
    return 1;
  }
}

/** The voices and languages of the drivers that the configuration lists; none of them is started. */
async function configuredSpeech(): Promise<SpeechAbilities> {
  const { values } = loadConfig(process.env);
  const loader = new DriverLoader(
    values.get(SpeechConfig) as SpeechConfig,
    values.get(VoiceConfig) as VoiceConfig,
    values.get(ScriptedConfig) as ScriptedConfig,
    values.get(AzureSpeechConfig) as AzureSpeechConfig,
    values.get(DeepgramConfig) as DeepgramConfig,
    values.get(SherpaConfig) as SherpaConfig,
    new SystemClock(),
  );
  return speechAbilities(await loader.stt(), await loader.tts());
}

/** A folder named by `--dir` need not have the scenario that is the default without being asked for. */
function whatToCheck(folder: string | undefined): { directory: string; defaultScenario?: string } {
  const { values, settings } = loadConfig(process.env);
  const config = values.get(AgentsConfig) as AgentsConfig;
  const isAskedFor = settings.some(
    ({ setting, origin }) => setting === AgentsConfig.settings.scenario && origin !== 'default.yaml',
  );
  return {
    directory: folder ?? path.resolve(packageRoot, config.directory),
    ...((folder === undefined || isAskedFor) && { defaultScenario: config.scenario }),
  };
}

async function knownTools(): Promise<ReadonlyMap<string, readonly string[] | undefined>> {
  const app = await NestFactory.createApplicationContext(CheckModule, { logger: false });
  try {
    const registry = app.get(ToolRegistry);
    const { values, environment } = loadConfig(process.env);
    const servers = readMcpServers(values.get(McpConfig) as McpConfig, packageRoot, environment.variables);
    for (const { name, tools } of servers) registry.declare(name, tools);
    return registry.known();
  } finally {
    await app.close();
  }
}

function describe({ agents, scenarios }: LoadedAgents): string {
  const lines = [count(agents.length, 'agent')];
  for (const { name, description, voice, tools, dialogue } of agents) {
    const intents = Object.values(dialogue.intents ?? {});
    const examples = intents.reduce((sum, intent) => sum + intent.examples.length, 0);
    lines.push(`  ${name}: ${description}`);
    lines.push(
      `    voice ${voice.name}, ${intents.length} intents with ${examples} phrases, tools ${tools.join(', ')}`,
    );
  }
  lines.push('', count(scenarios.length, 'scenario'));
  for (const { name, description, start, handoffs } of scenarios) {
    lines.push(`  ${name}: ${description}`, `    starts with ${start}`);
    for (const { from, to, kind, when } of handoffs) lines.push(`    ${from} -> ${to} (${kind}): ${when}`);
  }
  return `${lines.join('\n')}\n`;
}

function count(number: number, what: string): string {
  return `${number} ${what}${number === 1 ? '' : 's'}`;
}
