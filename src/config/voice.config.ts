import { configOf, int, setting } from './setting.js';

export class VoiceConfig extends configOf('voice', {
  maxConnections: setting(
    'MAX_CONNECTIONS',
    int(1, 10_000),
    'Voice sessions at a time; the next one waits, then gets 503.',
  ),
  sessionQueue: setting(
    'SESSION_QUEUE',
    int(0, 10_000),
    'How many callers may wait for a free session; the next one gets 503 at once.',
  ),
  acquireTimeoutMs: setting(
    'SESSION_ACQUIRE_TIMEOUT_MS',
    int(0, 60_000),
    'How long a caller waits for a free session before the 503.',
  ),
  buildTimeoutMs: setting(
    'SESSION_BUILD_TIMEOUT_MS',
    int(100, 60_000),
    "How long building a session's pipeline may take.",
  ),
  idleTimeoutMs: setting(
    'IDLE_TIMEOUT_MS',
    int(1000, 86_400_000),
    'A session in which nobody has said or typed anything for this long is closed with 1001.',
  ),
  resumeMs: setting(
    'SESSION_RESUME_MS',
    int(0, 600_000),
    'How long after its connection was lost a session can be gone on with, by its `resume_token`; 0: not at all.',
  ),
  heartbeatIntervalMs: setting(
    'HEARTBEAT_INTERVAL_MS',
    int(100, 600_000),
    'WebSocket ping interval; a client that misses two pings in a row is cut off.',
  ),
  maxFrameBytes: setting(
    'MAX_FRAME_BYTES',
    int(1024, 1_048_576),
    'Largest WebSocket message taken; a larger one closes the session with 1009.',
  ),
}) {}
