import { configOf, int, setting, text } from './setting.js';

export class WebhooksConfig extends configOf('webhooks', {
  file: setting(
    'WEBHOOKS_FILE',
    text(),
    'YAML file that says who is told, at which addresses, of conversations that are over; see docs/webhooks.md. Empty: nobody.',
  ),
  timeoutMs: setting(
    'WEBHOOK_TIMEOUT_MS',
    int(100, 120_000),
    'How long a receiver may take to answer; then it is tried again, like after any answer but 2xx.',
  ),
}) {}
