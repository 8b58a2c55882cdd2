import { Injectable, Logger, type OnApplicationShutdown } from '@nestjs/common';
import { SpanKind, metrics } from '@opentelemetry/api';
import { z } from 'zod';
import { Environment } from '../../config/environment.js';
import { packageRoot } from '../../config/package-root.js';
import { WebhooksConfig } from '../../config/webhooks.config.js';
import { Clock } from '../../kernel/clock.js';
import { ParleyError } from '../../kernel/errors.js';
import { LiveSpan, contextOf, errorTypeOf, traceHeaders } from '../../kernel/live-span.js';
import { Attribute, SpanName } from '../../kernel/telemetry-names.js';
import { type LifecycleStep, Step, type StepReport } from '../../lifecycle/step.js';
import type { ConversationRecord } from '../../services/conversations/conversation-record.js';
import { Conversations } from '../../services/conversations/conversations.js';
import { type SafeFetch, createSafeFetch } from '../../services/http/safe-fetch.js';
import { JobKind } from '../jobs/job-kinds.js';
import { type Job, type JobLease, JobQueue } from '../jobs/job-queue.js';
import { bodyOf } from './webhook-body.js';
import { type WebhookEndpoint, readWebhooks } from './webhook-file.js';

/** Nothing of the conversation is in it: what is sent is read when it is sent. */
const delivery = z.object({
  endpoint: z.string(),
  tenant: z.string(),
  conversationId: z.string(),
  generation: z.number(),
});
type WebhookDelivery = z.output<typeof delivery>;

/** Will not be wanted at a second try either. */
const GONE = 410;

const sent = metrics
  .getMeter('parley.pusher')
  .createCounter('pusher.webhooks', { description: 'Requests to receivers of webhooks, by what they answered' });

/** Tells receivers, with signed requests, of what became of conversations: at least once, by the same id each time. */
@Injectable()
@Step({ name: 'webhooks', after: ['jobs', 'services'], timeoutMs: 5000 })
export class Webhooks implements LifecycleStep, OnApplicationShutdown {
  private readonly logger = new Logger('Webhooks');
  private readonly endpoints: readonly WebhookEndpoint[];
  private readonly open: SafeFetch;
  private readonly guarded: SafeFetch;

  constructor(
    private readonly config: WebhooksConfig,
    private readonly queue: JobQueue,
    private readonly conversations: Conversations,
    private readonly clock: Clock,
    environment: Environment,
  ) {
    this.endpoints = readWebhooks(config.file, packageRoot, environment.variables);
    const connectTimeoutMs = config.timeoutMs;
    this.open = createSafeFetch({ allowPrivate: true, connectTimeoutMs });
    this.guarded = createSafeFetch({ allowPrivate: false, connectTimeoutMs });
  }

  start(): Promise<StepReport> {
    this.queue.work(JobKind.Webhook, (job, lease) => this.deliver(job, lease));
    const names = this.endpoints.map(({ name }) => name);
    return Promise.resolve({ summary: names.length > 0 ? `webhooks to ${names.join(', ')}` : 'no webhooks' });
  }

  async onApplicationShutdown(): Promise<void> {
    await Promise.all([this.open.close(), this.guarded.close()]);
  }

  /** Resolves once it cannot be forgotten any more. May be said several times of the same. */
  async announce(record: ConversationRecord): Promise<void> {
    for (const job of this.jobsFor(record)) await this.queue.put(job);
  }

  /** Although it has been said already. Resolves with the ids of what is sent. */
  async replay(record: ConversationRecord): Promise<string[]> {
    const jobs = this.jobsFor(record);
    for (const job of jobs) {
      await this.queue.remove(job.id);
      await this.queue.put(job);
    }
    return jobs.map(({ id }) => id);
  }

  private jobsFor({ tenant, id, insights }: ConversationRecord): Job[] {
    const generation = insights?.generation ?? 0;
    return this.endpoints
      .filter(({ tenants }) => !tenants || tenants.includes(tenant))
      .map(({ name }) => ({
        id: `webhook.${name}.${id}.${generation}`,
        kind: JobKind.Webhook,
        payload: { endpoint: name, tenant, conversationId: id, generation } satisfies WebhookDelivery,
      }));
  }

  private async deliver({ id, payload }: Job, { signal }: JobLease): Promise<void> {
    const asked = delivery.safeParse(payload);
    if (!asked.success) throw new ParleyError('invalid_message', 'The job asks for nothing that is known here');
    const { endpoint: name, tenant, conversationId, generation } = asked.data;
    const endpoint = this.endpoints.find((candidate) => candidate.name === name);
    if (!endpoint) throw new ParleyError('not_found', `WEBHOOKS_FILE names no ${name}`);
    const record = await this.conversations.find(tenant, conversationId);
    // It was erased, or is read anew: then that is told.
    if (!record || record.insights?.generation !== generation) return;
    const span = this.spanOf(name, record);
    try {
      const body = bodyOf(record, endpoint.transcript);
      const status = await span.run(() => this.post(endpoint, id, body, signal));
      span.set({ [Attribute.httpStatus]: status });
      sent.add(1, { endpoint: name, status: String(status) });
      if (status >= 200 && status < 300) return;
      throw new ParleyError('call_failed', `${name} answered ${status}`, status !== GONE);
    } catch (error) {
      span.fail(errorTypeOf(error));
      throw error;
    } finally {
      span.end();
    }
  }

  private spanOf(endpoint: string, { id, traceparent }: ConversationRecord): LiveSpan {
    return LiveSpan.start(SpanName.webhook(endpoint), contextOf({ traceparent }), {
      clock: this.clock,
      kind: SpanKind.CLIENT,
      attributes: { [Attribute.conversation]: id },
    });
  }

  private async post(endpoint: WebhookEndpoint, id: string, body: string, signal: AbortSignal): Promise<number> {
    const at = new Date(this.clock.wallTime());
    const { fetch } = endpoint.allowPrivate ? this.open : this.guarded;
    const limit = AbortSignal.timeout(this.config.timeoutMs);
    try {
      const response = await fetch(endpoint.url, {
        method: 'POST',
        headers: {
          'content-type': 'application/json',
          'user-agent': 'Parley',
          ...traceHeaders(),
          'webhook-id': id,
          'webhook-timestamp': String(Math.floor(at.getTime() / 1000)),
          'webhook-signature': endpoint.signers.map((signer) => signer.sign(id, at, body)).join(' '),
        },
        body,
        // Whoever is meant is who signed for it.
        redirect: 'manual',
        signal: AbortSignal.any([signal, limit]),
      });
      await response.body?.cancel();
      return response.status;
    } catch (error) {
      signal.throwIfAborted();
      sent.add(1, { endpoint: endpoint.name, status: 'none' });
      const problem = limit.aborted ? `did not answer within ${this.config.timeoutMs} ms` : 'cannot be reached';
      this.logger.warn(`Webhook ${endpoint.name} ${problem}`);
      throw new ParleyError('call_failed', `${endpoint.name} ${problem}`, true, { cause: error });
    }
  }
}
