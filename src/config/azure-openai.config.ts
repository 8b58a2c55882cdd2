import { address, configOf, oneOf, secret, setting, text } from './setting.js';

/** For the models `azure:<deployment>` of LLM_MODELS. */
export class AzureOpenAiConfig extends configOf('azureOpenAi', {
  endpoint: setting(
    'AZURE_OPENAI_ENDPOINT',
    address(),
    'Endpoint of the Azure OpenAI resource, such as `https://contoso.openai.azure.com`.',
  ),
  auth: setting(
    'AZURE_OPENAI_AUTH',
    oneOf(['key', 'entra']),
    '`key` sends AZURE_OPENAI_API_KEY; `entra` signs in with Entra ID as the workload, managed identity or client that the environment describes.',
  ),
  apiKey: secret('AZURE_OPENAI_API_KEY', text(), 'Key of the Azure OpenAI resource.'),
  apiVersion: setting(
    'AZURE_OPENAI_API_VERSION',
    text().regex(/^\d{4}-\d{2}-\d{2}(-preview)?$/),
    'Version of the API, such as `2024-10-21`.',
  ),
}) {}
