import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import twilio from 'twilio';
import { connectToStream, rejectAsBusy, sayAndHangUp } from './twiml.js';

const { VoiceResponse } = twilio.twiml;

/** Any text that XML 1.0 can hold. */
const legal = fc
  .string({ maxLength: 40, unit: 'binary' })
  .map((text) => text.replaceAll(/[^\t\n\r\u0020-\uD7FF\uE000-\uFFFD\u{10000}-\u{10FFFF}]/gu, ''));

describe('TwiML', () => {
  it("connects to a stream as Twilio's library would write it, whatever the values are", () => {
    fc.assert(
      fc.property(
        legal,
        fc.option(legal, { nil: undefined }),
        fc.dictionary(legal, legal, { maxKeys: 4 }),
        (url, action, parameters) => {
          const response = new VoiceResponse();
          const stream = response.connect(action === undefined ? {} : { action }).stream({ url });
          for (const [name, value] of Object.entries(parameters)) stream.parameter({ name, value });
          expect(connectToStream({ streamUrl: url, actionUrl: action, parameters })).toBe(response.toString());
        },
      ),
    );
  });

  it("tells a caller something as Twilio's library would write it, whatever the message is", () => {
    fc.assert(
      fc.property(legal, legal, (message, language) => {
        const response = new VoiceResponse();
        response.say({ language: language as 'en-US' }, message);
        response.hangup();
        expect(sayAndHangUp(message, language)).toBe(response.toString());
      }),
    );
  });

  it('gives the busy tone', () => {
    const response = new VoiceResponse();
    response.reject({ reason: 'busy' });
    expect(rejectAsBusy()).toBe(response.toString());
  });

  it('leaves out parameters that are not given, and characters that XML cannot hold', () => {
    expect(
      connectToStream({
        streamUrl: 'wss://voice.example.com/api/v1/twilio/media',
        actionUrl: undefined,
        parameters: { scenario: 'ba\u0000nk\uD800ing', agent: undefined },
      }),
    ).toBe(
      '<?xml version="1.0" encoding="UTF-8"?><Response><Connect><Stream url="wss://voice.example.com/api/v1/twilio/media">' +
        '<Parameter name="scenario" value="banking"/></Stream></Connect></Response>',
    );
  });
});
