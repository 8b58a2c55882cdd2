import type { AzureOpenAiConfig } from '../config/azure-openai.config.js';
import { type ModelChoice, modelChoice } from '../config/llm-models.js';
import type { LlmConfig } from '../config/llm.config.js';
import type { OpenAiConfig } from '../config/openai.config.js';
import type { ScriptedConfig } from '../config/scripted.config.js';
import type { Clock } from '../kernel/clock.js';
import { EmbeddedLlmClient } from './drivers/embedded/embedded-llm.client.js';
import type { LlmLog } from './failover/guarded-model.js';
import type { LlmClient } from './llm-client.js';
import { configuredLlm } from './testing/configured-llm.js';
import { TracedLlmClient } from './traced-llm.client.js';

export interface LlmConfigs {
  readonly llm: LlmConfig;
  readonly azure: AzureOpenAiConfig;
  readonly openai: OpenAiConfig;
  readonly scripted: ScriptedConfig;
}

/** The client that LLM_MODELS describes. What it does not name is not loaded. */
export async function configuredModels(configs: LlmConfigs, clock: Clock, log: LlmLog): Promise<LlmClient> {
  const { llm } = configs;
  const choices = llm.models.map(modelChoice).filter((choice) => choice !== undefined);
  const clients = await Promise.all(
    choices.map(async (choice) => new TracedLlmClient(await connect(choice, configs, clock), clock)),
  );
  if (clients.length === 1 && !isRemote(choices[0]!)) return clients[0]!;
  const { FailoverLlmClient } = await import('./failover/failover-llm.client.js');
  const { GuardedModel } = await import('./failover/guarded-model.js');
  const guard = { failures: llm.breakerFailures, openMs: llm.breakerOpenMs, probeMs: llm.firstTokenTotalMs };
  const models = clients.map((client, index) => {
    // The scripted one stands in for a remote one, with its faults.
    const local = choices[index]!.kind === 'embedded';
    return new GuardedModel(client, local, clock, guard, log);
  });
  return new FailoverLlmClient(models, clock, llm);
}

function isRemote({ kind }: ModelChoice): boolean {
  return kind === 'azure' || kind === 'openai';
}

/** One of the list by itself, without anything that takes over. */
export async function connect(choice: ModelChoice, configs: LlmConfigs, clock: Clock): Promise<LlmClient> {
  const { llm, azure, openai, scripted } = configs;
  if (choice.kind === 'embedded') return new EmbeddedLlmClient(clock);
  if (choice.kind === 'scripted') return configuredLlm(scripted, clock);
  const { connectAzure, connectOpenAi } = await import('./drivers/openai/connect-openai.js');
  const model = {
    name: choice.name,
    model: choice.model,
    maxTokens: llm.maxTokens,
    temperature: llm.temperature === 'default' ? undefined : llm.temperature,
  };
  if (choice.kind === 'openai') return connectOpenAi(model, openai, llm, clock);
  const { endpoint, apiVersion, apiKey } = azure;
  const credential = azure.auth === 'key' ? { key: apiKey } : { token: await entraToken() };
  return connectAzure(model, { endpoint, apiVersion, credential }, llm, clock);
}

async function entraToken(): Promise<() => Promise<string>> {
  const { entraTokenProvider } = await import('./drivers/openai/entra-token.js');
  return entraTokenProvider();
}
