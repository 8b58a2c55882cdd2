import { configOf, int, number, setting } from './setting.js';

const perMinute = () => int(0, 10_000_000);

export class LimitsConfig extends configOf('limits', {
  requestsPerMinute: setting(
    'REQUESTS_PER_MINUTE',
    perMinute(),
    'API requests a minute with one credential before it gets 429; 0 sets no limit. Each replica counts for itself.',
  ),
  tenantRequestsPerMinute: setting(
    'TENANT_REQUESTS_PER_MINUTE',
    perMinute(),
    'The same for all credentials of a tenant together.',
  ),
  callsPerMinute: setting(
    'CALLS_PER_MINUTE',
    perMinute(),
    'New calls a minute (taken, listened to, placed) with one credential before it gets 429; 0 sets no limit. Each replica counts for itself.',
  ),
  tenantCallsPerMinute: setting(
    'TENANT_CALLS_PER_MINUTE',
    perMinute(),
    'The same for all credentials of a tenant together; calls that Twilio and Azure Communication Services bring count here only.',
  ),
  audioMinutesPerHour: setting(
    'AUDIO_MINUTES_PER_HOUR',
    int(0, 1_000_000),
    'Minutes of audio that callers of one tenant may send in any hour, on all replicas that share REDIS_URL; then new calls get 429 and live ones are closed with 1008. 0 sets no limit.',
  ),
  audioMinutesPerDay: setting('AUDIO_MINUTES_PER_DAY', int(0, 10_000_000), 'The same for any 24 hours.'),
  audioRate: setting(
    'MAX_AUDIO_RATE',
    number(0, 100),
    'How much faster than real time a client may send audio for long; what comes faster is lost. Half a minute may come at once, after a loss of connection. 0 sets no limit.',
  ),
  messagesPerSecond: setting(
    'MAX_MESSAGES_PER_SECOND',
    int(0, 100_000),
    'Messages a second, besides audio, that one connection may send for long; typed turns count five times. Ten seconds of them may come at once. What is too much is lost, and as much again closes the connection with 1008. 0 sets no limit.',
  ),
  bodyBytes: setting('MAX_BODY_BYTES', int(1024, 10_485_760), 'Largest body of an API request; a larger one gets 413.'),
}) {}
