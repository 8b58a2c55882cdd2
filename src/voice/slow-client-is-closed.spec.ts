import { describe, expect, it } from '@jest/globals';
import { ManualClock } from '../kernel/clock.js';
import { NativeTransport } from './native-transport.js';
import { SocketDouble } from './testing/socket-double.js';

const FRAME = new Int16Array(320);
/** Of audio at 16 kHz, 16 bits. */
const BYTES_PER_SECOND = 32_000;

function setUp() {
  const clock = new ManualClock();
  const socket = new SocketDouble();
  const transport = new NativeTransport(
    socket.socket,
    {
      encoding: 'pcm16',
      sampleRate: 16_000,
      outSampleRate: 16_000,
      agent: undefined,
      scenario: undefined,
      language: undefined,
    },
    clock,
  );
  /** 20 ms frames for so long. */
  const play = async (durationMs: number): Promise<void> => {
    for (let passedMs = 0; passedMs < durationMs; passedMs += 20) {
      transport.sendAudio(FRAME);
      await clock.advance(20);
    }
  };
  return { clock, socket, transport, play };
}

describe('a client that does not keep up', () => {
  it('gets events but no more audio while two seconds of it are waiting, and is closed with 1013 after five', async () => {
    const { clock, socket, transport, play } = setUp();
    await play(100);
    expect(socket.log).toHaveLength(5);
    socket.bufferedAmount = 2 * BYTES_PER_SECOND + 1;
    await play(4980);
    transport.send({ type: 'pong' });
    expect(socket.log.slice(5)).toEqual(['pong']);
    expect(socket.closes).toEqual([]);
    await play(60);
    expect(socket.closes).toEqual([{ code: 1013, reason: 'the client does not keep up' }]);
    // It does not answer the close frame either.
    await clock.advance(2000);
    expect(socket.terminations).toBe(1);
    expect(clock.pending).toBe(0);
  });

  it('is forgiven when it has caught up', async () => {
    const { socket, play } = setUp();
    socket.bufferedAmount = 3 * BYTES_PER_SECOND;
    await play(4000);
    socket.bufferedAmount = 2 * BYTES_PER_SECOND;
    await play(20);
    socket.bufferedAmount = 3 * BYTES_PER_SECOND;
    await play(4000);
    expect(socket.closes).toEqual([]);
    expect(socket.log).toEqual(['audio']);
  });
});

describe('a closed client', () => {
  it('is sent nothing, and needs no grace period', async () => {
    const { clock, socket, transport } = setUp();
    socket.end();
    transport.send({ type: 'pong' });
    transport.sendAudio(FRAME);
    transport.close(1000, 'hangup');
    expect(socket.sent).toEqual([]);
    expect(socket.closes).toEqual([]);
    expect(clock.pending).toBe(0);
  });

  it('that answers the close frame is not cut off, and is closed once', async () => {
    const { clock, socket, transport } = setUp();
    transport.close(1000, 'completed');
    transport.close(1011, 'error');
    transport.send({ type: 'pong' });
    expect(socket.closes).toEqual([{ code: 1000, reason: 'completed' }]);
    expect(socket.sent).toEqual([]);
    socket.end();
    await clock.advance(5000);
    expect(socket.terminations).toBe(0);
    expect(clock.pending).toBe(0);
  });
});
