import { describe, expect, it } from '@jest/globals';
import { ManualClock } from '../kernel/clock.js';
import { NativeTransport } from './native-transport.js';
import { SocketDouble } from './testing/socket-double.js';

const FRAME = new Int16Array(320);
const MIB = 1024 * 1024;

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
      resume: undefined,
    },
    clock,
  );
  return { clock, socket, transport };
}

describe('a client that does not read', () => {
  it.each([
    ['events', (transport: NativeTransport) => transport.send({ type: 'pong' })],
    ['audio', (transport: NativeTransport) => transport.sendAudio(FRAME)],
  ])('is closed with 1013 when more than 1 MiB waits for it, sent as %s', async (_, send) => {
    const { clock, socket, transport } = setUp();
    socket.bufferedAmount = MIB;
    send(transport);
    expect(socket.closes).toEqual([]);
    socket.bufferedAmount = MIB + 1;
    send(transport);
    expect(socket.closes).toEqual([{ code: 1013, reason: 'the client does not read' }]);
    expect(socket.sent).toHaveLength(2);
    // It does not answer the close frame either.
    await clock.advance(2000);
    expect(socket.terminations).toBe(1);
    expect(clock.pending).toBe(0);
  });

  it('is said to hold back so much audio', () => {
    const { socket, transport } = setUp();
    expect(transport.backlogMs).toBe(0);
    socket.bufferedAmount = 32_000;
    expect(transport.backlogMs).toBe(1000);
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
