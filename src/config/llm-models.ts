import type { AzureOpenAiConfig } from './azure-openai.config.js';
import type { LlmConfig } from './llm.config.js';
import type { OpenAiConfig } from './openai.config.js';

/** One entry of LLM_MODELS. */
export type ModelChoice =
  | { readonly kind: 'embedded' }
  | { readonly kind: 'scripted' }
  /** `model` is the deployment's or the model's name; `name` the entry as it was written. */
  | { readonly kind: 'azure' | 'openai'; readonly model: string; readonly name: string };

const REMOTE = /^(azure|openai):(\S+)$/;
const OPENAI_HOST = 'api.openai.com';

/** Undefined if there is no such thing. */
export function modelChoice(entry: string): ModelChoice | undefined {
  if (entry === 'embedded' || entry === 'scripted') return { kind: entry };
  const [, kind, model] = REMOTE.exec(entry) ?? [];
  return model ? { kind: kind as 'azure' | 'openai', model, name: entry } : undefined;
}

/** What the listed models need and do not have. */
export function modelProblems(
  { models }: Partial<LlmConfig>,
  azure: Partial<AzureOpenAiConfig>,
  openai: Partial<OpenAiConfig>,
): string[] {
  if (!models) return [];
  if (models.length === 0) return ['LLM_MODELS: is empty, but at least one model is needed, such as embedded'];
  const problems = models
    .filter((entry) => !modelChoice(entry))
    .map(
      (entry) =>
        `LLM_MODELS: was given ${JSON.stringify(entry)}, but allowed are embedded, scripted, azure:<deployment> and openai:<model>`,
    );
  if (new Set(models).size < models.length) problems.push('LLM_MODELS: names a model twice');
  const first = (kind: ModelChoice['kind']): string | undefined =>
    models.find((entry) => modelChoice(entry)?.kind === kind);
  const need = (setting: string, entry: string, hint = ''): void =>
    void problems.push(`${setting}: is not set, but is needed for ${entry} in LLM_MODELS${hint}`);

  const onAzure = first('azure');
  if (onAzure) {
    if (azure.endpoint === '') need('AZURE_OPENAI_ENDPOINT', onAzure);
    if (azure.auth === 'key' && azure.apiKey === '')
      need('AZURE_OPENAI_API_KEY', onAzure, '; or set AZURE_OPENAI_AUTH=entra to sign in with Entra ID');
  }
  const onOpenAi = first('openai');
  if (onOpenAi) {
    if (openai.baseUrl === '') need('OPENAI_BASE_URL', onOpenAi);
    if (openai.apiKey === '' && URL.parse(openai.baseUrl ?? '')?.hostname === OPENAI_HOST)
      need('OPENAI_API_KEY', onOpenAi);
  }
  return problems;
}
