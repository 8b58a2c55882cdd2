import { AzureOpenAiConfig } from '../../../config/azure-openai.config.js';
import { type ModelChoice, modelChoice } from '../../../config/llm-models.js';
import { LlmConfig } from '../../../config/llm.config.js';
import { OpenAiConfig } from '../../../config/openai.config.js';
import { ScriptedConfig } from '../../../config/scripted.config.js';
import { ServerConfig } from '../../../config/server.config.js';
import { connect } from '../../../llm/configured-models.js';
import type { LlmRequest } from '../../../llm/llm-client.js';
import { LlmError, type LlmFault } from '../../../llm/llm-error.js';
import type { Deployment } from '../deployment.js';
import { noTokenFinding } from '../entra.js';
import { type Check, type Finding, ok, problem, say, warning } from '../finding.js';
import { NotValid } from '../not-valid.js';
import { reasonOf } from '../../../kernel/reasons.js';

const LIMIT_MS = 20_000;
const ONE_TOKEN: LlmRequest = {
  messages: [{ role: 'user', content: 'Hello' }],
  tools: [],
  dialogue: { slots: {} },
  variables: {},
  memory: {},
  sampling: { maxTokens: 1 },
};

/** Each model of the list makes one token. */
export function modelChecks(deployment: Deployment): Check[] {
  const configs = configsOf(deployment);
  return configs.llm.models.map((entry) => ({
    about: `model ${entry}`,
    settings: whereFor(modelChoice(entry)!),
    limitMs: LIMIT_MS,
    ...(/^(azure|openai):/.test(entry) && { prepare: () => import('../../../llm/drivers/openai/connect-openai.js') }),
    examine: (signal) => examine(modelChoice(entry)!, configs, deployment, signal),
  }));
}

function configsOf(deployment: Deployment) {
  return {
    llm: deployment.whole(LlmConfig),
    // Each of these is needed by its own models only.
    azure: deployment.section(AzureOpenAiConfig),
    openai: deployment.section(OpenAiConfig),
    scripted: deployment.section(ScriptedConfig),
  };
}

async function examine(
  choice: ModelChoice,
  configs: ReturnType<typeof configsOf>,
  deployment: Deployment,
  signal: AbortSignal,
): Promise<Finding[]> {
  if (choice.kind === 'scripted') return scriptedFindings(deployment);
  if (choice.kind === 'embedded') return [ok(say`it follows the rules in the agents’ YAML, and needs nothing`)];
  const { clock } = deployment;
  const { llm } = configs;
  const client = await connect(choice, configs, clock);
  try {
    await client.start(signal);
    const times: number[] = [];
    // The first one also makes the connection, and fetches a token.
    for (let attempt = 0; attempt < 2; attempt++) {
      const startedAt = clock.now();
      const answer = client.stream(ONE_TOKEN, signal)[Symbol.asyncIterator]();
      await answer.next();
      times.push(clock.now() - startedAt);
      while (!(await answer.next()).done) continue;
    }
    const [coldMs, warmMs] = times.map(Math.round) as [number, number];
    const findings = [ok(say`first token after ${warmMs} ms (${coldMs} ms on a new connection)`)];
    if (warmMs > llm.firstTokenMs)
      findings.push(
        warning(
          say`it takes longer than LLM_FIRST_TOKEN_MS (${llm.firstTokenMs} ms): callers will get the next model’s answer`,
          ['LLM_FIRST_TOKEN_MS'],
          'Use a model that is nearer or faster, or allow more time, as long as callers may wait',
        ),
      );
    return findings;
  } catch (error) {
    if (error instanceof NotValid) throw error;
    return [noTokenFinding(error) ?? problemOf(error, choice, configs)];
  } finally {
    await client.close();
  }
}

function scriptedFindings(deployment: Deployment): Finding[] {
  const says = say`it says the same whatever it is asked`;
  if (deployment.section(ServerConfig).environment !== 'production') return [ok(says)];
  return [warning(says, ['LLM_MODELS'], 'In production, name a real model, or embedded')];
}

function whereFor({ kind }: ModelChoice): string[] {
  if (kind === 'azure') return ['AZURE_OPENAI_ENDPOINT'];
  return kind === 'openai' ? ['OPENAI_BASE_URL'] : [];
}

function problemOf(error: unknown, { kind }: ModelChoice, { azure }: ReturnType<typeof configsOf>): Finding {
  const says = reasonOf(error);
  const where = kind === 'azure' ? 'AZURE_OPENAI_ENDPOINT' : 'OPENAI_BASE_URL';
  if (!(error instanceof LlmError)) return problem(says, [where], ADVICE.unreachable);
  const isRefused = error.fault === 'misconfigured' && /\b40[13]\b/.test(error.message);
  if (isRefused && kind === 'azure' && azure.auth === 'entra') return problem(says, ['AZURE_OPENAI_AUTH'], ROLE_ADVICE);
  const key = kind === 'azure' ? 'AZURE_OPENAI_API_KEY' : 'OPENAI_API_KEY';
  return problem(says, isRefused ? [key] : settingsFor(error.fault, where), ADVICE[error.fault]);
}

/** What is to be looked at: where it is, or what it is asked for. */
function settingsFor(fault: LlmFault, where: string): string[] {
  if (fault === 'misconfigured') return [where, 'LLM_MODELS'];
  return fault === 'unreachable' || fault === 'broken_stream' ? [where] : ['LLM_MODELS'];
}

/** With a token in hand it is not who we are. */
const ROLE_ADVICE =
  'Give our identity the role “Cognitive Services OpenAI User” on the resource; it is some minutes until that counts';

const ADVICE: Readonly<Record<LlmFault, string>> = {
  unreachable: 'Correct the address, or let this machine reach it: name resolution, firewalls, network policies',
  slow: 'Look at the way there, and at how busy it is',
  overloaded: 'Ask for a larger quota, or list another model behind it in LLM_MODELS',
  server_error: 'Its operator has to look at it; list another model behind it in LLM_MODELS',
  broken_stream: 'The address does not speak the chat completions API: give it without /chat/completions',
  misconfigured:
    '401 and 403: the key, or the role, is wrong. 404: there is no such deployment or model. 429: the quota is used up',
  rejected: 'It does not take our request: try LLM_TEMPERATURE=default, or another AZURE_OPENAI_API_VERSION',
  content_filter: 'Its filter refuses “Hello”: have its policy looked at',
  context_length: 'It takes less than a word: have its settings looked at',
};
