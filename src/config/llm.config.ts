import { z } from 'zod';
import { configOf, int, list, number, setting } from './setting.js';

const temperature = () =>
  z.union([z.literal('default'), number(0, 2)], { error: 'allowed is a number from 0 to 2, or `default`' });

export class LlmConfig extends configOf('llm', {
  models: setting(
    'LLM_MODELS',
    list(),
    'What makes the agents’ words, in order: the first that works answers. `azure:<deployment>`, `openai:<model>` (OpenAI or a server that speaks its API), `embedded` (follows the rules in the agents’ YAML, needs nothing), `scripted` (always says SCRIPTED_LLM_TEXT).',
  ),
  temperature: setting(
    'LLM_TEMPERATURE',
    temperature(),
    'How freely a model words its answers, 0 to 2, unless the agent says otherwise. `default` is whatever the model itself has, which some models insist on.',
  ),
  maxTokens: setting(
    'LLM_MAX_TOKENS',
    int(16, 100_000),
    'The longest answer of a model, unless the agent says otherwise; it is cut off there.',
  ),
  connectMs: setting('LLM_CONNECT_MS', int(100, 60_000), 'How long connecting to a model may take.'),
  firstTokenMs: setting(
    'LLM_FIRST_TOKEN_MS',
    int(100, 60_000),
    'How long a model may take to begin its answer before the next one is asked.',
  ),
  firstTokenTotalMs: setting(
    'LLM_FIRST_TOKEN_TOTAL_MS',
    int(100, 120_000),
    'How long it may take until any model has begun an answer; the last one gets all that is left of it. `embedded` is asked even then.',
  ),
  betweenTokensMs: setting(
    'LLM_BETWEEN_TOKENS_MS',
    int(100, 60_000),
    'How long a model may pause in an answer before it has failed.',
  ),
  totalMs: setting('LLM_TOTAL_MS', int(1000, 600_000), 'How long one answer of a model may take altogether.'),
  breakerFailures: setting(
    'LLM_BREAKER_FAILURES',
    int(1, 100),
    'After so many failures in a row a model is not asked for a while.',
  ),
  breakerOpenMs: setting(
    'LLM_BREAKER_OPEN_MS',
    int(500, 600_000),
    'How long it is not asked, before a small request of our own finds out whether it works again.',
  ),
}) {}
