import { describe, expect, it } from '@jest/globals';
import { ManualClock } from '../kernel/clock.js';
import { Heartbeat } from './heartbeat.js';
import { SocketDouble } from './testing/socket-double.js';

function setUp() {
  const clock = new ManualClock();
  const socket = new SocketDouble();
  const heartbeat = new Heartbeat(socket.socket, 1000, clock);
  return { clock, socket, heartbeat };
}

describe('a client that is pinged', () => {
  it('is cut off when it has missed two pings in a row', async () => {
    const { clock, socket } = setUp();
    await clock.advance(2999);
    expect(socket).toMatchObject({ pings: 2, terminations: 0 });
    await clock.advance(1);
    expect(socket).toMatchObject({ pings: 2, terminations: 1 });
    expect(clock.pending).toBe(0);
  });

  it('lives on as long as it answers every other one', async () => {
    const { clock, socket, heartbeat } = setUp();
    for (let seconds = 0; seconds < 20; seconds++) {
      await clock.advance(1000);
      if (seconds % 2 === 1) socket.emit('pong');
    }
    expect(socket).toMatchObject({ pings: 20, terminations: 0 });
    heartbeat.stop();
    expect(clock.pending).toBe(0);
    expect(socket.listenerCount('pong')).toBe(0);
  });
});
