import { address, configOf, int, list, oneOf, secret, setting, text } from './setting.js';

export class TwilioConfig extends configOf('twilio', {
  authTokens: secret(
    'TWILIO_AUTH_TOKEN',
    list(),
    'Auth token of the Twilio account, with which it signs its requests; two of them, comma-separated, while it is rotated. Empty: Twilio is off in production, and open to anybody in development.',
  ),
  accountSids: setting(
    'TWILIO_ACCOUNT_SID',
    list(),
    'Twilio accounts (`AC…`) whose calls are taken; empty takes every call that is signed.',
  ),
  startTimeoutMs: setting(
    'TWILIO_START_TIMEOUT_MS',
    int(100, 60_000),
    'How long after the upgrade the `start` message may take before the socket is closed with 1008.',
  ),
  whenBusy: setting(
    'TWILIO_WHEN_BUSY',
    oneOf(['say', 'reject']),
    'What a caller gets when no call can be taken: `say` tells them so, `reject` gives the busy tone, which costs nothing.',
  ),
  busyMessage: setting('TWILIO_BUSY_MESSAGE', text().min(1), 'What they are told.'),
  busyLanguage: setting('TWILIO_BUSY_LANGUAGE', text().min(2), 'Language in which they are told, as `<Say>` names it.'),
  actionUrl: setting(
    'TWILIO_ACTION_URL',
    address(),
    'Where Twilio asks what to do once the agent has ended the call or wants it transferred; empty hangs up.',
  ),
}) {}
