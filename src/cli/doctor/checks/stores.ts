import { randomUUID } from 'node:crypto';
import { ArchiveConfig } from '../../../config/archive.config.js';
import { ConversationsConfig } from '../../../config/conversations.config.js';
import { RedisConfig } from '../../../config/redis.config.js';
import type { Clock } from '../../../kernel/clock.js';
import { ParleyError, messageOf } from '../../../kernel/errors.js';
import type { AudioArchive } from '../../../services/archive/audio-archive.js';
import type { ConversationRecord } from '../../../services/conversations/conversation-record.js';
import type { ConversationStore } from '../../../services/conversations/conversation-store.js';
import type { Deployment } from '../deployment.js';
import { noTokenFinding } from '../entra.js';
import { type Check, type Finding, ok, problem, say, warning } from '../finding.js';

/** Of no customer; what is written there is deleted at once. */
const TENANT = 'parley-doctor';
const REQUESTS = 6;
const loadCosmos = () => import('../../../services/conversations/cosmos/cosmos-conversation-store.js');
const loadBlob = () => import('../../../services/archive/blob/blob-archive.js');

/** Where conversations are kept: one is written, read and deleted. SQLite is a file in DATA_DIR, which is looked at anyway. */
export function conversationChecks(deployment: Deployment): Check[] {
  const config = deployment.whole(ConversationsConfig);
  if (config.store === 'sqlite' && deployment.section(RedisConfig).url !== '') return [sqliteOfEachReplica()];
  if (config.store !== 'cosmos') return [];
  const settings = ['COSMOS_ENDPOINT', 'COSMOS_KEY', 'COSMOS_DATABASE', 'COSMOS_CONTAINER'];
  return [
    {
      about: 'conversations',
      settings,
      limitMs: REQUESTS * config.timeoutMs,
      prepare: loadCosmos,
      examine: async (signal) => {
        const { CosmosConversationStore } = await loadCosmos();
        const store = await CosmosConversationStore.create(config);
        try {
          await written(store, deployment.clock, signal);
          const where = `the database "${config.cosmosDatabase}", container "${config.cosmosContainer}"`;
          return [ok(say`Cosmos DB, ${where}: a conversation was written, read, found and deleted`)];
        } catch (error) {
          return [storeProblem(error, settings, 'Cosmos DB Built-in Data Contributor')];
        } finally {
          await store.close();
        }
      },
    },
  ];
}

/** Where recordings are kept, if not on disk: a file is written, listed and deleted. */
export function archiveChecks(deployment: Deployment): Check[] {
  const config = deployment.whole(ArchiveConfig);
  if (config.driver !== 'blob') return [];
  const settings = ['AZURE_STORAGE_CONNECTION_STRING', 'AZURE_STORAGE_BLOB_ENDPOINT', 'AZURE_STORAGE_CONTAINER'];
  return [
    {
      about: 'recordings',
      settings,
      limitMs: REQUESTS * config.timeoutMs,
      prepare: loadBlob,
      examine: async (signal) => {
        const { BlobArchive } = await loadBlob();
        try {
          const archive = await BlobArchive.create(config);
          await archived(archive, signal);
          await archive.close();
          return [ok(say`Blob storage, container "${config.blobContainer}": a file was written, listed and deleted`)];
        } catch (error) {
          return [storeProblem(error, settings, 'Storage Blob Data Contributor')];
        }
      },
    },
  ];
}

async function written(store: ConversationStore, clock: Clock, signal: AbortSignal): Promise<void> {
  await store.start(signal);
  const now = new Date(clock.wallTime()).toISOString();
  const record: ConversationRecord = {
    id: randomUUID(),
    kind: 'voice',
    tenant: TENANT,
    scenario: 'doctor',
    agent: 'doctor',
    status: 'discarded',
    startedAt: now,
    updatedAt: now,
    endReason: null,
    entries: [],
  };
  await store.put(record, undefined);
  try {
    const found = await store.get(TENANT, record.id);
    if (!found) throw new ParleyError('store_failed', 'what was written was not found again');
    await store.list({ tenant: TENANT, limit: 1, before: undefined });
  } finally {
    await store.remove(TENANT, record.id);
  }
}

async function archived(archive: AudioArchive, signal: AbortSignal): Promise<void> {
  await archive.start(signal);
  const id = randomUUID();
  await archive.put(TENANT, id, 'probe.txt', Buffer.from('ok'), 'text/plain');
  try {
    const files = await archive.list(TENANT, id);
    if (files.length !== 1) throw new ParleyError('store_failed', 'what was written was not found again');
  } finally {
    await archive.remove(TENANT, id, 'probe.txt');
  }
}

function storeProblem(error: unknown, settings: readonly string[], role: string): Finding {
  const withoutToken = noTokenFinding(error);
  if (withoutToken) return withoutToken;
  const says = messageOf(error);
  const status = /status (\d{3})/.exec(says)?.[1];
  if (status === '401' || status === '403')
    return problem(
      says,
      settings,
      `It does not allow us: correct the key, or give our identity the role “${role}”; look at the account’s firewall, too`,
    );
  if (status === '404') return problem(says, settings, 'There is no such account, database or container');
  if (status === '429') return problem(says, settings, 'It has too little throughput for us: give it more');
  if (/connection string/i.test(says))
    return problem(
      says,
      settings.slice(0, 1),
      'Take it as the portal gives it, with DefaultEndpointsProtocol=https first',
    );
  if (/partition key/.test(says)) return problem(says, settings, 'Name another container: this one was made otherwise');
  return problem(
    says,
    settings,
    'Correct the address, or let this machine reach it: name resolution, firewalls, network policies',
  );
}

function sqliteOfEachReplica(): Check {
  return {
    about: 'conversations',
    settings: ['CONVERSATION_STORE'],
    limitMs: 1000,
    examine: () => [
      warning(
        say`each replica keeps its own, in SQLite, and REDIS_URL says that there are several`,
        ['CONVERSATION_STORE'],
        'With more than one replica use cosmos: a call that comes back to another one is kept in two parts otherwise',
      ),
    ],
  };
}
