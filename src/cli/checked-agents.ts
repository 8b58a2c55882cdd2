import { NestFactory } from '@nestjs/core';
import { Global, Module } from '@nestjs/common';
import { type LoadedAgents, type LoadOptions, loadAgents } from '../agents/agent-loader.js';
import { type SpeechAbilities, speechAbilities } from '../agents/speech-abilities.js';
import { AzureSpeechConfig } from '../config/azure-speech.config.js';
import { DeepgramConfig } from '../config/deepgram.config.js';
import type { LoadedConfig } from '../config/load.js';
import { McpConfig } from '../config/mcp.config.js';
import { packageRoot } from '../config/package-root.js';
import { ScriptedConfig } from '../config/scripted.config.js';
import { SherpaConfig } from '../config/sherpa.config.js';
import { SpeechConfig } from '../config/speech.config.js';
import { VoiceConfig } from '../config/voice.config.js';
import { Clock, SystemClock } from '../kernel/clock.js';
import { DriverLoader } from '../speech/load-drivers.js';
import { readMcpServers } from '../tools/mcp/mcp-server-file.js';
import { ToolRegistry } from '../tools/tool-registry.js';
import { ToolsModule } from '../tools/tools.module.js';

@Global()
@Module({ providers: [{ provide: Clock, useClass: SystemClock }], exports: [Clock] })
class ClockModule {}

@Module({ imports: [ClockModule, ToolsModule] })
class CheckModule {}

/**
 * The agents and scenarios of a folder, checked as at the start of a server with this configuration: against its tools, and
 * the voices and languages of its speech services. Nothing is started. Throws AgentsInvalidError with every fault.
 */
export async function checkedAgents(
  config: LoadedConfig,
  folder: Pick<LoadOptions, 'directory' | 'defaultScenario'>,
): Promise<LoadedAgents> {
  return loadAgents({ ...folder, tools: await knownTools(config), ...(await configuredSpeech(config)) });
}

async function configuredSpeech({ values }: LoadedConfig): Promise<SpeechAbilities> {
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

async function knownTools({ values, environment }: LoadedConfig): Promise<LoadOptions['tools']> {
  // What it throws is for whoever asked, and ends no process.
  const app = await NestFactory.createApplicationContext(CheckModule, { logger: false, abortOnError: false });
  try {
    const registry = app.get(ToolRegistry);
    const servers = readMcpServers(values.get(McpConfig) as McpConfig, packageRoot, environment.variables);
    for (const { name, tools } of servers) registry.declare(name, tools);
    return registry.known();
  } finally {
    await app.close();
  }
}
