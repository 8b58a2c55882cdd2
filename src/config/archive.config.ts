import { address, configOf, int, oneOf, secret, setting, text } from './setting.js';

const DAYS = int(0, 3650);

export class ArchiveConfig extends configOf('archive', {
  recording: setting(
    'CALL_RECORDING',
    oneOf(['off', 'stereo']),
    'Whether calls are recorded: `stereo`, the caller left and the agent right, as it was played; `off`, not at all.',
  ),
  driver: setting(
    'AUDIO_ARCHIVE',
    oneOf(['disk', 'blob']),
    'Where recordings are kept: `disk`, in DATA_DIR; `blob`, in Azure Blob storage.',
  ),
  pieceMs: setting(
    'RECORDING_PIECE_MS',
    int(1000, 600_000),
    'A recording is written in files of this length; so much is lost if the process is killed.',
  ),
  memoryBytes: setting(
    'RECORDING_MEMORY_BYTES',
    int(1_000_000, 100_000_000_000),
    'How much recorded audio of all calls may wait in memory to be written; what is more is lost.',
  ),
  journalBytes: setting(
    'RECORDING_JOURNAL_BYTES',
    int(0, 10_000_000_000_000),
    'How much recorded audio that could not be written to the archive may lie in DATA_DIR until it can; what is more is lost.',
  ),
  timeoutMs: setting(
    'AUDIO_ARCHIVE_TIMEOUT_MS',
    int(100, 120_000),
    'How long one request to the archive may take, its attempts together; audio that was to be written is kept on disk and written again.',
  ),
  ttlDays: setting(
    'AUDIO_TTL_DAYS',
    DAYS,
    'After this many days recordings are deleted; 0: with their conversation. With CONVERSATION_STORE=none, and CONVERSATION_TTL_DAYS=0, that is never.',
  ),
  retentionMs: setting(
    'AUDIO_RETENTION_MS',
    int(1000, 86_400_000),
    'How often a pusher looks for recordings that are to be deleted.',
  ),
  keysFile: setting(
    'ARCHIVE_KEYS_FILE',
    text(),
    'YAML file of the keys with which recordings and voice prints are encrypted, tenant by tenant; see docs/recordings.md. Empty: they are not.',
  ),
  listenBatchMs: setting(
    'LISTEN_AUDIO_BATCH_MS',
    int(1000, 600_000),
    'Audio of calls that are listened to is written in files of at most this length, at this age at the latest.',
  ),
  listenFormat: setting(
    'LISTEN_AUDIO_FORMAT',
    oneOf(['pcm', 'mulaw']),
    'As what they are written: `pcm`, 16 bits, as it came; `mulaw`, 8 bits in the quality of a telephone call, half the size.',
  ),
  listenMemoryBytes: setting(
    'LISTEN_AUDIO_MEMORY_BYTES',
    int(1_000_000, 100_000_000_000),
    'How much audio of all calls that are listened to a pusher may hold. From three quarters on files are shorter; beyond, links are cut, and send again what was not kept.',
  ),
  blobConnectionString: secret(
    'AZURE_STORAGE_CONNECTION_STRING',
    text(),
    'Connection string of the storage account. Instead of AZURE_STORAGE_BLOB_ENDPOINT.',
  ),
  blobEndpoint: setting(
    'AZURE_STORAGE_BLOB_ENDPOINT',
    address(),
    'Blob endpoint of the storage account, such as https://account.blob.core.windows.net, used with Entra ID (managed or workload identity, or AZURE_CLIENT_ID and so on).',
  ),
  blobContainer: setting(
    'AZURE_STORAGE_CONTAINER',
    text().regex(/^[a-z0-9](-?[a-z0-9]){2,62}$/),
    'Container, in lower case. It is made if it is not there.',
  ),
}) {}
