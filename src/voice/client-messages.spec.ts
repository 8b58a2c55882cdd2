import { expect, it } from '@jest/globals';
import { parseClientMessage } from './client-messages.js';

it.each([
  [{ type: 'dtmf', digit: 'E' }, 'dtmf: digit: allowed are 0-9 * # A-D, one at a time'],
  [{ type: 'dtmf' }, 'dtmf: digit: allowed are 0-9 * # A-D, one at a time'],
  [{ type: 'user_message', text: '  ' }, 'user_message: text: allowed is a text of 1 to 4000 characters'],
  [{ type: 'user_message', text: 'x'.repeat(4001) }, 'user_message: text: allowed is a text of 1 to 4000 characters'],
  [{ type: 'user_message', text: 7 }, 'user_message: text: allowed is a text of 1 to 4000 characters'],
  [
    { type: 'playback', generation_id: 'g', played_ms: -1 },
    'playback: played_ms: allowed is a number from 0 to 86400000',
  ],
  [{ type: 'playback', played_ms: 0 }, 'playback: generation_id: allowed is a text of up to 64 characters'],
])('says what is allowed instead of %j', (given, message) => {
  expect(parseClientMessage(JSON.stringify(given))).toEqual({ problem: { code: 'invalid_message', message } });
});
