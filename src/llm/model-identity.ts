/** What the semantic conventions call a model: `azure:gpt-4o` is the deployment gpt-4o of Azure OpenAI. */
export function identityOf(model: string): { readonly provider: string; readonly name: string } {
  const [prefix, ...rest] = model.split(':');
  return { provider: prefix === 'azure' ? 'azure.ai.openai' : prefix!, name: rest.join(':') || model };
}
