import { configOf, oneOf, setting } from './setting.js';

export class LlmConfig extends configOf('llm', {
  driver: setting(
    'LLM_MODELS',
    oneOf(['embedded']),
    'What makes the agents’ words: `embedded` follows the rules in their YAML.',
  ),
}) {}
