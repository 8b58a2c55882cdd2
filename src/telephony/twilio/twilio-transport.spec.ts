import { describe, expect, it } from '@jest/globals';
import { decodeMuLaw, encodeMuLaw } from '../../audio/g711.js';
import { ManualClock } from '../../kernel/clock.js';
import { ClientSocket } from '../../voice/client-socket.js';
import { SocketDouble } from '../../voice/testing/socket-double.js';
import { TwilioTransport } from './twilio-transport.js';

const streamSid = 'MZ0123';
const frame = Int16Array.from({ length: 160 }, (_, index) => index * 100);
const audioStart = {
  type: 'audio_stream_start',
  generation_id: 'gen_1',
  message_id: 'm',
  encoding: 'mulaw',
  sample_rate: 8000,
} as const;

function setUp() {
  const clock = new ManualClock();
  const socket = new SocketDouble();
  const transport = new TwilioTransport(new ClientSocket(socket.socket, clock), streamSid, clock, () => undefined);
  const sent = (): unknown[] => socket.sent.map((data) => JSON.parse(data.toString()) as unknown);
  return { clock, socket, transport, sent };
}

describe('what Twilio is sent', () => {
  it('is audio, marks and clears, each exactly as Twilio wants it', () => {
    const { transport, sent } = setUp();
    transport.send(audioStart);
    transport.sendAudio(frame);
    transport.send({ type: 'audio_stream_stop', generation_id: 'gen_1', message_id: 'm' });
    transport.sendAudio(frame.subarray(0, 80));
    transport.send({ type: 'audio_clear', generation_id: 'gen_1', heard_ms: 12, heard_text: 'We' });
    expect(sent()).toEqual([
      { event: 'media', streamSid, media: { payload: encodeMuLaw(frame).toString('base64') } },
      { event: 'mark', streamSid, mark: { name: 'gen_1:20:0' } },
      { event: 'media', streamSid, media: { payload: encodeMuLaw(frame.subarray(0, 80)).toString('base64') } },
      { event: 'clear', streamSid },
    ]);
    transport.stop();
  });

  it('is nothing else that happens in a conversation', () => {
    const { socket, transport } = setUp();
    transport.send({ type: 'text_chunk', generation_id: 'gen_1', message_id: 'm', text: 'We are open' });
    transport.send({ type: 'error', code: 'tts_failed', message: 'no', retryable: true });
    transport.send({ type: 'session_ended', reason: 'completed', duration_ms: 1, turns: 0, resumable: false });
    expect(socket.sent).toEqual([]);
  });

  it('can be of any length', () => {
    const { transport, sent } = setUp();
    for (const length of [0, 1, 2, 3, 159, 161, 1000]) {
      const pcm = Int16Array.from({ length }, (_, index) => (index % 50) * 256);
      transport.sendAudio(pcm);
      const { media } = sent().findLast((message) => 'media' in (message as object)) as { media: { payload: string } };
      expect(decodeMuLaw(Buffer.from(media.payload, 'base64'))).toEqual(decodeMuLaw(encodeMuLaw(pcm)));
    }
    transport.stop();
  });

  it('ends when the socket is closed, and no timer runs on', () => {
    const { clock, socket, transport } = setUp();
    transport.send(audioStart);
    transport.sendAudio(frame);
    const before = socket.sent.length;
    transport.close(1000, 'completed');
    socket.end();
    transport.sendAudio(frame);
    transport.send({ type: 'audio_stream_stop', generation_id: 'gen_1', message_id: 'm' });
    transport.send({ type: 'audio_clear', generation_id: 'gen_1', heard_ms: 12, heard_text: 'We' });
    expect(socket.sent).toHaveLength(before);
    expect(socket.closes).toEqual([{ code: 1000, reason: 'completed' }]);
    expect(clock.pending).toBe(0);
  });
});

describe('a Twilio that does not take its audio', () => {
  it('is said to hold back as many milliseconds as the unsent bytes stand for', () => {
    const { socket, transport } = setUp();
    transport.sendAudio(frame);
    // A WebSocket header of four bytes, and the message.
    socket.bufferedAmount = 50 * (4 + socket.sent[0]!.length);
    expect(transport.backlogMs).toBeCloseTo(1000);
    transport.stop();
  });

  it('is closed with 1013 when more than 1 MiB waits for it', () => {
    const { socket, transport } = setUp();
    socket.bufferedAmount = 1024 * 1024 + 1;
    transport.sendAudio(frame);
    expect(socket.closes).toEqual([{ code: 1013, reason: 'the client does not read' }]);
    socket.end();
    transport.stop();
  });
});
