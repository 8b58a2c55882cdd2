import { describe, expect, it } from '@jest/globals';
import { LlmConfig } from './llm.config.js';
import { ConfigError, loadConfig } from './load.js';

function problemsOf(env: Record<string, string>): readonly string[] {
  try {
    loadConfig(env);
    return [];
  } catch (error) {
    return (error as ConfigError).problems;
  }
}

const azure = { LLM_MODELS: 'azure:gpt-4o', AZURE_OPENAI_ENDPOINT: 'https://contoso.openai.azure.com' };

describe('LLM_MODELS', () => {
  it.each<[Record<string, string>, string[]]>([
    [{}, []],
    [{ LLM_MODELS: 'scripted' }, []],
    [{ ...azure, AZURE_OPENAI_API_KEY: 'secret' }, []],
    [{ ...azure, AZURE_OPENAI_AUTH: 'entra' }, []],
    [{ LLM_MODELS: 'openai:gpt-4o-mini,embedded', OPENAI_API_KEY: 'secret' }, []],
    [{ LLM_MODELS: 'openai:qwen2.5:7b', OPENAI_BASE_URL: 'http://localhost:11434/v1' }, []],
    [
      azure,
      [
        'AZURE_OPENAI_API_KEY: is not set, but is needed for azure:gpt-4o in LLM_MODELS; or set AZURE_OPENAI_AUTH=entra to sign in with Entra ID',
      ],
    ],
    [
      { LLM_MODELS: 'embedded,azure:a', AZURE_OPENAI_AUTH: 'entra' },
      ['AZURE_OPENAI_ENDPOINT: is not set, but is needed for azure:a in LLM_MODELS'],
    ],
    [{ LLM_MODELS: 'openai:gpt-4o' }, ['OPENAI_API_KEY: is not set, but is needed for openai:gpt-4o in LLM_MODELS']],
    [{ LLM_MODELS: ',' }, ['LLM_MODELS: is empty, but at least one model is needed, such as embedded']],
    [
      { LLM_MODELS: 'azur:gpt-4o,openai:' },
      [
        'LLM_MODELS: was given "azur:gpt-4o", but allowed are embedded, scripted, azure:<deployment> and openai:<model>',
        'LLM_MODELS: was given "openai:", but allowed are embedded, scripted, azure:<deployment> and openai:<model>',
      ],
    ],
    [{ LLM_MODELS: 'embedded, embedded' }, ['LLM_MODELS: names a model twice']],
    [
      { LLM_TEMPERATURE: 'hot' },
      ['LLM_TEMPERATURE: was given "hot" (from environment), but allowed is a number from 0 to 2, or `default`'],
    ],
  ])('%j', (env, expected) => {
    expect(problemsOf(env)).toEqual(expected);
  });

  it('leaves the temperature to the model when told to', () => {
    const { values } = loadConfig({ LLM_TEMPERATURE: 'default' });
    expect((values.get(LlmConfig) as LlmConfig).temperature).toBe('default');
  });
});
