import { address, configOf, secret, setting, text } from './setting.js';

/** For the models `openai:<model>` of LLM_MODELS. */
export class OpenAiConfig extends configOf('openai', {
  baseUrl: setting(
    'OPENAI_BASE_URL',
    address(),
    'Where the chat completions API is, without `/chat/completions`: OpenAI, or a server that speaks it, such as `http://vllm:8000/v1`.',
  ),
  apiKey: secret('OPENAI_API_KEY', text(), 'Key for it. A server of your own may need none; OpenAI does.'),
}) {}
