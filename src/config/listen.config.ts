import { configOf, int, oneOf, setting } from './setting.js';

const LONGEST_MS = 14_400_000;

/** Live transcription of calls: `WS /api/v1/listen/ws`. */
export class ListenConfig extends configOf('listen', {
  conversationTimeoutMs: setting(
    'LISTEN_CONVERSATION_TIMEOUT_MS',
    int(100, LONGEST_MS),
    'After so much silence a conversation is over and the next one begins, unless the client asks for more with `conversation_timeout`; less it cannot ask for.',
  ),
  pollMs: setting('LISTEN_POLL_MS', int(10, 60_000), 'How often is looked whether a conversation is over.'),
  inactivityMs: setting(
    'LISTEN_INACTIVITY_MS',
    int(100, 3_600_000),
    'A client that has sent neither audio nor a message for so long is closed with 1001.',
  ),
  receiveTimeoutMs: setting(
    'LISTEN_RECEIVE_TIMEOUT_MS',
    int(100, 3_600_000),
    'A connection on which nothing at all has come for so long is taken for dead.',
  ),
  keepaliveMs: setting(
    'LISTEN_KEEPALIVE_MS',
    int(100, 600_000),
    'How often clients are sent the text `ping`, which keeps proxies from closing the connection.',
  ),
  segmentMs: setting(
    'LISTEN_SEGMENT_MS',
    int(10, 10_000),
    'So long what was understood is collected and put in order before it is shown and stored.',
  ),
  leftoversAfterMs: setting(
    'LISTEN_LEFTOVERS_AFTER_MS',
    int(10, 600_000),
    'So long after a client has connected, the conversations that the same one has left behind are handed over to be processed.',
  ),
  drainMs: setting(
    'LISTEN_DRAIN_MS',
    int(0, 600_000),
    'How long the work of a session that is over (understanding the last words, storing, handing over) may take before it is cancelled; while the server shuts down 5 s at most.',
  ),
  audio: setting(
    'LISTEN_AUDIO',
    oneOf(['off', 'on']),
    'Whether the audio of calls that are listened to is kept, with both sides in one file.',
  ),
  consent: setting(
    'LISTEN_CONSENT',
    oneOf(['assumed', 'required']),
    'What is done with calls of which the client does not say whether those who speak agree. `assumed`: as if they did. `required`: as if they did not; then nothing is kept, and the transcript is only shown.',
  ),
}) {}
