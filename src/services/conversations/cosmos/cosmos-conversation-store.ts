import { type Container, CosmosClient, type ItemDefinition, type SqlParameter } from '@azure/cosmos';
import type { ConversationsConfig } from '../../../config/conversations.config.js';
import { ParleyError, messageOf } from '../../../kernel/errors.js';
import { type ConversationRecord, type ConversationSummary, conversationRecord } from '../conversation-record.js';
import {
  type ConversationQuery,
  ConversationStore,
  type StoredConversation,
  type UnfinishedQuery,
} from '../conversation-store.js';

const DAY_S = 86_400;
/** What it will not take at a second try either. Refused credentials are not among them: somebody may allow us in. */
const FINAL_STATUSES = [400, 413];
/** Answers at the start that only other settings can change. */
const FAULTY_STATUSES = [400, 401, 403, 404];
const PARTITION_KEY = '/tenant';
const SUMMARY = [
  ...['id', 'tenant', 'scenario', 'agent', 'status', 'startedAt', 'updatedAt', 'endReason'].map(
    (field) => `c.${field}`,
  ),
  // What those lack that were written when there was only one kind, or that have no insights.
  '(IS_DEFINED(c.kind) ? c.kind : "voice") AS kind',
  '(IS_DEFINED(c.insights) ? c.insights.title : null) AS title',
  'ARRAY_LENGTH(IS_DEFINED(c.listened) ? c.listened.segments : c.entries) AS entryCount',
].join(', ');

/** Conversations in Azure Cosmos DB, one item each, partitioned by tenant; versions are ETags. */
export class CosmosConversationStore extends ConversationStore {
  readonly name = 'cosmos';
  private readonly client: CosmosClient;
  private container: Container | undefined;
  private opening: Promise<Container> | undefined;

  private constructor(
    private readonly config: ConversationsConfig,
    credential: Pick<ConstructorParameters<typeof CosmosClient>[0] & object, 'key' | 'aadCredentials'>,
  ) {
    super();
    this.client = new CosmosClient({
      endpoint: config.cosmosEndpoint,
      ...credential,
      connectionPolicy: {
        enableEndpointDiscovery: config.cosmosDiscovery,
        requestTimeout: config.timeoutMs,
        // What is throttled for longer is written from the journal.
        retryOptions: { maxRetryAttemptCount: 5, fixedRetryIntervalInMilliseconds: 0, maxWaitTimeInSeconds: 5 },
      },
    });
  }

  static async create(config: ConversationsConfig): Promise<CosmosConversationStore> {
    if (config.cosmosKey) return new CosmosConversationStore(config, { key: config.cosmosKey });
    const { DefaultAzureCredential } = await import('@azure/identity');
    return new CosmosConversationStore(config, { aadCredentials: new DefaultAzureCredential() });
  }

  override async start(signal: AbortSignal): Promise<void> {
    await this.opened(signal);
  }

  override async check(): Promise<Record<string, unknown>> {
    await this.ask((container, abortSignal) => container.read({ abortSignal }));
    return { driver: this.name };
  }

  override async get(tenant: string, id: string): Promise<StoredConversation | undefined> {
    const { resource, etag, statusCode } = await this.ask((container, abortSignal) =>
      container.item(id, tenant).read<ItemDefinition>({ abortSignal }),
    );
    if (statusCode === 404 || !resource) return undefined;
    const record = conversationRecord.safeParse(resource);
    if (!record.success) throw failed('it holds something else under this name', false);
    return { record: record.data, version: etag };
  }

  override async list({ tenant, limit, before }: ConversationQuery): Promise<ConversationSummary[]> {
    const conditions = [
      ...(tenant === undefined ? [] : ['c.tenant = @tenant']),
      ...(before === undefined ? [] : ['c.startedAt < @before']),
    ];
    const where = conditions.length > 0 ? `WHERE ${conditions.join(' AND ')}` : '';
    const parameters: SqlParameter[] = [
      { name: '@tenant', value: tenant ?? null },
      { name: '@before', value: before ?? null },
    ];
    const { resources } = await this.ask((container, abortSignal) =>
      container.items
        .query<ConversationSummary>(
          { query: `SELECT TOP ${Math.trunc(limit)} ${SUMMARY} FROM c ${where} ORDER BY c.startedAt DESC`, parameters },
          { ...(tenant !== undefined && { partitionKey: tenant }), maxItemCount: limit, abortSignal },
        )
        .fetchAll(),
    );
    return resources;
  }

  override async unfinished({
    updatedBefore,
    updatedSince = '',
    limit,
  }: UnfinishedQuery): Promise<ConversationSummary[]> {
    const query = `SELECT TOP ${Math.trunc(limit)} ${SUMMARY} FROM c
      WHERE c.status IN ('in_progress', 'processing') AND c.updatedAt < @before AND c.updatedAt >= @since ORDER BY c.updatedAt`;
    const parameters: SqlParameter[] = [
      { name: '@before', value: updatedBefore },
      { name: '@since', value: updatedSince },
    ];
    const { resources } = await this.ask((container, abortSignal) =>
      container.items
        .query<ConversationSummary>({ query, parameters }, { maxItemCount: limit, abortSignal })
        .fetchAll(),
    );
    return resources;
  }

  override async put(record: ConversationRecord, version: string | undefined): Promise<string> {
    const { ttlDays } = this.config;
    const item = { ...record, ...(ttlDays > 0 && { ttl: ttlDays * DAY_S }) };
    try {
      const { etag } = await this.ask((container, abortSignal) =>
        version === undefined
          ? container.items.create(item, { abortSignal })
          : container
              .item(record.id, record.tenant)
              .replace(item, { accessCondition: { type: 'IfMatch', condition: version }, abortSignal }),
      );
      return etag;
    } catch (error) {
      // Not there for a replacement: somebody has deleted it in the meantime.
      if (version !== undefined && error instanceof ParleyError && statusOf(error.cause) === 404)
        throw changedMeanwhile(error);
      throw error;
    }
  }

  override async remove(tenant: string, id: string): Promise<boolean> {
    try {
      await this.ask((container, abortSignal) => container.item(id, tenant).delete({ abortSignal }));
      return true;
    } catch (error) {
      if (error instanceof ParleyError && statusOf(error.cause) === 404) return false;
      throw error;
    }
  }

  override close(): Promise<void> {
    this.client.dispose();
    return Promise.resolve();
  }

  private async ask<T>(request: (container: Container, signal: AbortSignal) => Promise<T>): Promise<T> {
    const limit = AbortSignal.timeout(this.config.timeoutMs);
    // What is wrong with the settings now may be right later, and is not the fault of what is to be written.
    const container = await this.opened(limit).catch((error: unknown) => {
      throw new ParleyError('store_failed', messageOf(error), true, { cause: error });
    });
    try {
      return await request(container, limit);
    } catch (error) {
      const status = statusOf(error);
      if (status === 409 || status === 412) throw changedMeanwhile(error);
      throw failed(reasonOf(error), !FINAL_STATUSES.includes(status ?? 0), error);
    }
  }

  /** All who ask meanwhile wait for the same. */
  private async opened(signal: AbortSignal): Promise<Container> {
    if (this.container) return this.container;
    this.opening ??= this.open(signal).finally(() => (this.opening = undefined));
    return (this.container = await this.opening);
  }

  private async open(abortSignal: AbortSignal): Promise<Container> {
    const { cosmosDatabase, cosmosContainer } = this.config;
    const what = `the database "${cosmosDatabase}" with the container "${cosmosContainer}"`;
    try {
      const { database } = await this.client.databases.createIfNotExists({ id: cosmosDatabase }, { abortSignal });
      const { container, resource } = await database.containers.createIfNotExists(
        { id: cosmosContainer, partitionKey: { paths: [PARTITION_KEY] }, defaultTtl: -1 },
        { abortSignal },
      );
      const paths = resource?.partitionKey?.paths ?? [PARTITION_KEY];
      if (paths.join(' ') === PARTITION_KEY) return container;
    } catch (error) {
      const problem = `COSMOS_ENDPOINT: ${what} cannot be used: ${reasonOf(error)}`;
      throw new ParleyError('store_failed', problem, !FAULTY_STATUSES.includes(statusOf(error) ?? 0), { cause: error });
    }
    throw new ParleyError('store_failed', `COSMOS_CONTAINER: ${what} does not have the partition key ${PARTITION_KEY}`);
  }
}

function changedMeanwhile(cause: unknown): ParleyError {
  return new ParleyError('conflict', 'The conversation has changed in the meantime', true, { cause });
}

function failed(reason: string, retryable: boolean, cause?: unknown): ParleyError {
  return new ParleyError('store_failed', `The conversation store: ${reason}`, retryable, { cause });
}

function statusOf(error: unknown): number | undefined {
  const code = (error as { code?: unknown } | undefined)?.code;
  return typeof code === 'number' ? code : undefined;
}

/** Its messages quote requests, with what is in them. */
function reasonOf(error: unknown): string {
  const status = statusOf(error);
  if (status !== undefined) return `status ${status}`;
  return messageOf(error).split('\n')[0]!.slice(0, 200);
}
