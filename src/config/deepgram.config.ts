import { configOf, flag, int, secret, setting, text } from './setting.js';

export class DeepgramConfig extends configOf('deepgram', {
  key: secret('DEEPGRAM_API_KEY', text(), 'Key of the project.'),
  url: setting(
    'DEEPGRAM_URL',
    text().regex(/^(wss:\/\/|ws:\/\/(localhost|127\.0\.0\.1|\[::1\])(:|\/|$))/),
    'Address of the streaming service, `wss://…`; `ws://` on this machine only.',
  ),
  model: setting('DEEPGRAM_MODEL', text().min(1), 'Model, such as `nova-3` or `nova-2-phonecall`.'),
  endpointingMs: setting(
    'DEEPGRAM_ENDPOINTING_MS',
    int(10, 5000),
    'Silence after which the service fixes what it has of an utterance.',
  ),
  utteranceEndMs: setting(
    'DEEPGRAM_UTTERANCE_END_MS',
    int(1000, 5000),
    'Gap between words after which the service reports the end of an utterance.',
  ),
  diarize: setting(
    'DEEPGRAM_DIARIZE',
    flag(),
    'Whether the service tells voices apart, for legs of calls that several people share. It is charged for.',
  ),
}) {}
