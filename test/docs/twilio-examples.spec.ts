import { describe, expect, it } from '@jest/globals';
import { readFileSync } from 'node:fs';
import { encodeMuLaw } from '../../src/audio/g711.js';
import { TwilioConfig } from '../../src/config/twilio.config.js';
import { loadConfig } from '../../src/config/load.js';
import { ManualClock } from '../../src/kernel/clock.js';
import { MediaScanner } from '../../src/telephony/twilio/media-scanner.js';
import { parseTwilioMessage } from '../../src/telephony/twilio/twilio-messages.js';
import { TwilioTransport } from '../../src/telephony/twilio/twilio-transport.js';
import { connectToStream, sayAndHangUp } from '../../src/telephony/twilio/twiml.js';
import { ClientSocket } from '../../src/voice/client-socket.js';
import { SocketDouble } from '../../src/voice/testing/socket-double.js';

const document = readFileSync('docs/twilio.md', 'utf8');
const blocks = (language: string): string[] =>
  [...document.matchAll(new RegExp(`\`\`\`${language}\\n([\\s\\S]*?)\`\`\``, 'g'))].map((match) => match[1]!.trim());
const [received = '', sent = ''] = blocks('json');

describe('docs/twilio.md', () => {
  it('shows every message of Twilio, as it is taken', () => {
    const events = received.split('\n').map((line) => parseTwilioMessage(line).event);
    expect(events).toEqual(['connected', 'start', 'media', 'dtmf', 'mark', 'stop']);
    expect(new MediaScanner().read(Buffer.from(received.split('\n')[2]!))).toHaveLength(7);
  });

  it('shows every message to Twilio, as it is sent', () => {
    const clock = new ManualClock();
    const socket = new SocketDouble();
    const transport = new TwilioTransport(
      new ClientSocket(socket.socket, clock),
      'MZ0123456789abcdef0123456789abcdef',
      clock,
      () => undefined,
    );
    const generation = { generation_id: 'gen_1', message_id: 'gen_1_m1' };
    transport.send({ type: 'audio_stream_start', ...generation, encoding: 'mulaw', sample_rate: 8000 });
    // The mark says how much audio it follows, so here stand 20 ms; the document has only a piece of them.
    transport.sendAudio(new Int16Array(160));
    transport.send({ type: 'audio_clear', ...generation, heard_ms: 0, heard_text: '' });
    const shown = sent.replace('/////////w==', encodeMuLaw(new Int16Array(160)).toString('base64'));
    expect(socket.sent.map(String)).toEqual(shown.split('\n'));
  });

  it('shows the TwiML that the webhook answers', () => {
    const { busyMessage, busyLanguage } = loadConfig({}).values.get(TwilioConfig) as TwilioConfig;
    const [, connecting, busy] = blocks('xml');
    expect(connecting).toBe(
      connectToStream({
        streamUrl: 'wss://voice.example.com/api/v1/twilio/media',
        actionUrl: 'https://desk.example.com/next',
        parameters: { scenario: 'banking' },
      }),
    );
    expect(busy).toBe(sayAndHangUp(busyMessage, busyLanguage));
  });

  it('names every setting', () => {
    for (const { env } of Object.values(TwilioConfig.settings)) expect(document).toContain(`\`${env}\``);
  });
});
