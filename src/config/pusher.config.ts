import { configOf, int, secret, setting, text } from './setting.js';

const SECRET_LENGTH = 16;

const pusherUrl = text()
  .refine((given) => given === '' || isPusherUrl(given))
  .meta({ description: 'ws://host[:port] or wss://host[:port], without a user, a password or a query' });

const pusherSecret = text()
  .refine((given) => given === '' || (given.length >= SECRET_LENGTH && /^[\x21-\x7e]+$/.test(given)))
  .meta({ description: `at least ${SECRET_LENGTH} printable ASCII characters without spaces` });

export class PusherConfig extends configOf('pusher', {
  url: setting(
    'PUSHER_URL',
    pusherUrl,
    'Where sessions that listen find the pusher, such as `ws://pusher:8000`; PUSHER_SECRET is needed with it. Empty: in this process.',
  ),
  secret: secret(
    'PUSHER_SECRET',
    pusherSecret,
    'What who listens shows to the pusher, at least 16 characters, the same for all processes. Empty: one that is made up at each start, for a process that is its own pusher.',
  ),
  connectTimeoutMs: setting(
    'PUSHER_CONNECT_TIMEOUT_MS',
    int(100, 60_000),
    'How long the pusher may take to accept a connection and to say that it is ready.',
  ),
  heartbeatMs: setting(
    'PUSHER_HEARTBEAT_MS',
    int(100, 300_000),
    'How often a link says that it is alive. A link that has not been answered for two and a half times as long is given up, and made again.',
  ),
  receiveTimeoutMs: setting(
    'PUSHER_RECEIVE_TIMEOUT_MS',
    int(1000, 3_600_000),
    'After so long without any frame the pusher closes a link with 1011. Several times PUSHER_HEARTBEAT_MS.',
  ),
  maxReconnectAttempts: setting(
    'PUSHER_MAX_RECONNECT_ATTEMPTS',
    int(1, 100),
    'So many times in a row a lost link is made again soon; after that it is `degraded`, and tried once in PUSHER_PROBE_MS.',
  ),
  backoffMs: setting(
    'PUSHER_BACKOFF_MS',
    int(1, 60_000),
    'How long after its loss a link is made again; twice as long after each further attempt, and each time up to a quarter more or less.',
  ),
  backoffMaxMs: setting('PUSHER_BACKOFF_MAX_MS', int(1, 600_000), 'But not longer than this, and a quarter.'),
  probeMs: setting('PUSHER_PROBE_MS', int(1, 3_600_000), 'How often a degraded link is tried.'),
  breakerFailures: setting(
    'PUSHER_BREAKER_FAILURES',
    int(1, 10_000),
    'So many failures to connect, of all links of this process within PUSHER_BREAKER_WINDOW_MS, and none of them tries again for PUSHER_BREAKER_OPEN_MS.',
  ),
  breakerWindowMs: setting('PUSHER_BREAKER_WINDOW_MS', int(1, 3_600_000), 'Within which failures are counted.'),
  breakerOpenMs: setting(
    'PUSHER_BREAKER_OPEN_MS',
    int(1, 3_600_000),
    'How long no link tries then. After that one does for all.',
  ),
  maxPendingRequests: setting(
    'PUSHER_MAX_PENDING_REQUESTS',
    int(1, 10_000),
    'Requests for a conversation to be processed that one link keeps until they are answered. Beyond, the oldest goes; the conversation is found again by age.',
  ),
  pendingTimeoutMs: setting(
    'PUSHER_PENDING_TIMEOUT_MS',
    int(100, 3_600_000),
    'A request that the pusher has not accepted after so long is sent again, with the next heartbeat.',
  ),
  maxRetries: setting(
    'PUSHER_MAX_RETRIES',
    int(0, 100),
    'So many times at most; after that it waits until the link is made anew.',
  ),
  audioBufferBytes: setting(
    'PUSHER_AUDIO_BUFFER_BYTES',
    int(262_144, 1_000_000_000),
    'How much audio one link keeps that is not archived yet, to send it again. Beyond, the oldest goes, and is a gap in the recording unless it had arrived.',
  ),
  sessionAudioBytes: setting(
    'PUSHER_SESSION_AUDIO_BYTES',
    int(262_144, 1_000_000_000),
    'How much audio the pusher takes from one link before it is archived. The link holds back what is more.',
  ),
  drainMs: setting(
    'PUSHER_DRAIN_MS',
    int(0, 600_000),
    'How long the pusher may take to archive the audio of a link that has ended; at a shutdown, half of SHUTDOWN_LIMIT_MS at most.',
  ),
  sampleMinAgeMs: setting(
    'SPEAKER_SAMPLE_MIN_AGE_MS',
    int(0, 86_400_000),
    'How long after a speaker was named their voice is learned, at the earliest: by then the audio is archived.',
  ),
}) {}

/** Who connects adds its own path and query; a credential in a URL would be shown wherever the URL is. */
function isPusherUrl(given: string): boolean {
  const url = URL.parse(given);
  if (!url || !/^wss?:$/.test(url.protocol)) return false;
  return [url.username, url.password, url.search, url.hash].every((part) => part === '') && url.pathname === '/';
}
