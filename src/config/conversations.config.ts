import { address, configOf, flag, int, oneOf, secret, setting, someOf, text } from './setting.js';

export class ConversationsConfig extends configOf('conversations', {
  store: setting(
    'CONVERSATION_STORE',
    oneOf(['sqlite', 'cosmos', 'none']),
    'Where conversations are kept: `sqlite`, a file in DATA_DIR; `cosmos`, Azure Cosmos DB; `none`, nowhere.',
  ),
  dataDirectory: setting(
    'DATA_DIR',
    text().min(1),
    'Folder for what must survive a restart: the SQLite file, and what could not be written to a store and is written again.',
  ),
  redact: setting(
    'REDACT_TRANSCRIPTS',
    someOf(['card', 'email', 'phone', 'none']),
    'What is taken out of texts before they are kept: any of `card`, `email` and `phone`, or `none`. Recordings, and what the model is told, are not changed.',
  ),
  ttlDays: setting('CONVERSATION_TTL_DAYS', int(0, 3650), 'After this many days a conversation is deleted; 0: never.'),
  cosmosEndpoint: setting('COSMOS_ENDPOINT', address(), 'Endpoint of the Cosmos DB account.'),
  cosmosKey: secret(
    'COSMOS_KEY',
    text(),
    'Key of the account. Empty: Entra ID (managed or workload identity, or AZURE_CLIENT_ID and so on).',
  ),
  cosmosDatabase: setting('COSMOS_DATABASE', text().min(1), 'Database. It is made if it is not there.'),
  cosmosContainer: setting(
    'COSMOS_CONTAINER',
    text().min(1),
    'Container, with the partition key `/tenant`. It is made if it is not there.',
  ),
  cosmosDiscovery: setting(
    'COSMOS_ENDPOINT_DISCOVERY',
    flag(),
    'Whether the regions of the account are asked for and used. Off for emulators.',
  ),
  timeoutMs: setting(
    'CONVERSATION_STORE_TIMEOUT_MS',
    int(100, 60_000),
    'How long one request to the store may take; what was to be written is kept on disk and written again.',
  ),
}) {}
