import { address, configOf, int, number, oneOf, secret, setting, text } from './setting.js';

/** Knowing people by their voices, in calls that are listened to. */
export class SpeakersConfig extends configOf('speakers', {
  driver: setting(
    'SPEAKER_ID',
    oneOf(['off', 'sherpa', 'http']),
    'What makes embeddings of voices, by which people are known again in later calls: `sherpa`, a model of your own (SHERPA_SPEAKER_MODEL); `http`, a service (SPEAKER_EMBEDDER_URL); `off`, nobody is known by voice. Voice prints are biometric data; see docs/speakers.md.',
  ),
  url: setting(
    'SPEAKER_EMBEDDER_URL',
    address(),
    'Where `http` posts WAV files to get embeddings of them, such as http://embedder:8080/v1/embedding. It may be in a private network.',
  ),
  key: secret('SPEAKER_EMBEDDER_KEY', text(), 'Sent to it as a bearer token; nothing is sent if it is empty.'),
  timeoutMs: setting(
    'SPEAKER_EMBEDDER_TIMEOUT_MS',
    int(100, 60_000),
    'How long it may take for one embedding. After three failures in a row it is left alone for 30 s.',
  ),
  threshold: setting(
    'SPEAKER_MATCH_THRESHOLD',
    number(0, 2),
    'Cosine distance below which two voices are taken for the same person’s. The right one depends on the model.',
  ),
  margin: setting(
    'SPEAKER_MATCH_MARGIN',
    number(0, 2),
    'By how much the voice must be closer to one person than to the next one, cosine distance.',
  ),
  sampleMinMs: setting(
    'SPEAKER_SAMPLE_MIN_MS',
    int(2000, 30_000),
    'How much speech of one conversation it takes to learn a voice.',
  ),
}) {}
