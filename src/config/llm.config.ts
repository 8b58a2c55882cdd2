import { configOf, oneOf, setting } from './setting.js';

export class LlmConfig extends configOf('llm', {
  driver: setting(
    'LLM_MODELS',
    oneOf(['embedded', 'scripted']),
    'What makes the agents’ words: `embedded` follows the rules in their YAML, `scripted` always says SCRIPTED_LLM_TEXT.',
  ),
}) {}
