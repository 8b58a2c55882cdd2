import { describe, expect, it } from '@jest/globals';
import { durationOf, findPayload, isLoud, TwilioMessages } from './twilio-messages.ts';

const mask = Uint8Array.of(0x11, 0x22, 0x33, 0x44);

interface Media {
  event: string;
  sequenceNumber: string;
  streamSid: string;
  media: { track: string; chunk: string; timestamp: string; payload: string };
}

function bodyOf(frame: Buffer): Buffer {
  const header = (frame[1]! & 0x7f) === 126 ? 4 : 2;
  return Buffer.from(frame.subarray(header + 4).map((byte, i) => byte ^ mask[i & 3]!));
}

describe('Twilio messages', () => {
  it('count on and stay valid JSON while the numbers grow', () => {
    const messages = new TwilioMessages(7, mask);
    messages.start();
    for (let chunk = 1; chunk <= 1200; chunk++) {
      const media = JSON.parse(bodyOf(messages.media(chunk % 3 === 0)).toString()) as Media;
      expect([media.event, media.sequenceNumber, media.media.chunk, media.media.timestamp, media.streamSid]).toEqual([
        'media',
        String(chunk + 1),
        String(chunk),
        String((chunk - 1) * 20),
        messages.streamSid,
      ]);
      expect(Buffer.from(media.media.payload, 'base64')).toHaveLength(160);
    }
  });

  it('reuse one buffer for media until the socket holds on to it', () => {
    const messages = new TwilioMessages(7, mask);
    // The timestamp grows to its two digits first.
    messages.media(false);
    const first = messages.media(false);
    expect(messages.media(false)).toBe(first);
    messages.keepLastMedia();
    expect(messages.media(false)).not.toBe(first);
  });

  it('are loud or silent as asked, and 20 ms long', () => {
    const messages = new TwilioMessages(7, mask);
    for (const loud of [true, false]) {
      const body = bodyOf(messages.media(loud));
      const payload = findPayload(body)!;
      expect(isLoud(body, payload)).toBe(loud);
      expect(durationOf(body, payload)).toBe(20);
    }
  });

  it.each([1, 2, 3, 80, 159, 160])('%d bytes of audio have the right duration', (bytes) => {
    const body = Buffer.from(`{"media":{"payload":"${Buffer.alloc(bytes).toString('base64')}"}}`);
    expect(durationOf(body, findPayload(body)!)).toBe(bytes / 8);
  });

  it('without a payload are found to be none', () => {
    expect(findPayload(Buffer.from('{"event":"clear","streamSid":"MZ"}'))).toBeNull();
  });
});
