import { packageRoot } from '../../../config/package-root.js';
import { ServerConfig } from '../../../config/server.config.js';
import { WebhooksConfig } from '../../../config/webhooks.config.js';
import { type WebhookEndpoint, readWebhooks } from '../../../pusher/webhooks/webhook-file.js';
import { createSafeFetch } from '../../../services/http/safe-fetch.js';
import type { Deployment } from '../deployment.js';
import { type Check, type Finding, ok, problem, say, warning } from '../finding.js';
import { reasonOf } from '../../../kernel/reasons.js';

/**
 * The address of each receiver of webhooks is judged and reached as it will be when there is something to tell. It is told
 * nothing: any answer will do.
 */
export function receiverChecks(deployment: Deployment): Check[] {
  const { file, timeoutMs } = deployment.section(WebhooksConfig);
  if (deployment.section(ServerConfig).role === 'voice') return [];
  return readWebhooks(file, packageRoot, deployment.variables).map((endpoint) => ({
    about: `webhook ${endpoint.name}`,
    settings: ['WEBHOOKS_FILE'],
    limitMs: timeoutMs + 1000,
    examine: (signal) => examine(endpoint, timeoutMs, signal),
  }));
}

async function examine(endpoint: WebhookEndpoint, timeoutMs: number, signal: AbortSignal): Promise<Finding[]> {
  const safe = createSafeFetch({
    allowPrivate: endpoint.allowPrivate,
    connectTimeoutMs: timeoutMs,
    answerTimeoutMs: timeoutMs,
  });
  const settings = ['WEBHOOKS_FILE'];
  try {
    const { status } = await safe.fetch(endpoint.url, { method: 'HEAD', redirect: 'manual', signal });
    if (status >= 300 && status < 400)
      return [
        warning(say`it sends us elsewhere, which is not followed`, settings, 'Give the address that it sends us to'),
      ];
    if (status >= 500)
      return [
        warning(say`it answers ${status}`, settings, 'Look at the receiver: what it does not take is sent again'),
      ];
    return [ok(say`it can be reached (${status} to a question that is no webhook)`)];
  } catch (error) {
    const refused = causeOf(error, /^Refused to connect/);
    if (refused !== undefined)
      return [
        problem(
          refused,
          settings,
          'Only public https:// addresses are told; `allow_private_network: true` allows those of your own network',
        ),
      ];
    return [problem(say`it cannot be reached: ${reasonOf(error)}`, settings, 'Correct its `url`, or start it')];
  } finally {
    await safe.close();
  }
}

function causeOf(error: unknown, pattern: RegExp): string | undefined {
  for (let cause = error; cause instanceof Error; cause = cause.cause)
    if (pattern.test(cause.message)) return cause.message;
  return undefined;
}
