import { afterEach, describe, expect, it } from '@jest/globals';
import { LinkBench, START, processRequest, segment, speak } from './link-bench.js';

let bench: LinkBench;
afterEach(() => bench.stop());

describe('closing a link', () => {
  it('waits until all audio is archived and all requests are taken', async () => {
    bench = await LinkBench.start();
    const { link, ear } = bench.open();
    const peer = await bench.pusher.peer(0);
    await bench.until(() => link.state === 'connected');
    link.setConversation('c1');
    speak(link, 0, 1010);
    link.sendSegments('c1', [segment('s1')]);
    link.requestProcessing(processRequest('a'));
    let closed = false;
    const closing = link.close(10_000).then(() => (closed = true));
    await bench.until(() => peer.audioLog(START).at(-1) === '103 ');
    expect(peer.audioLog(START)).toEqual(['103 c1', 'audio 0-1020', '103 ']);
    peer.send({ type: 'kept', conversationId: 'c1', untilMs: START + 1020 });
    await bench.untilSnapshot({ audio_bytes: 0 });
    expect(closed).toBe(false);
    peer.send({ type: 'accepted', jobId: 'a' });
    await closing;
    await bench.until(() => peer.closed !== undefined);
    expect(peer.closed).toEqual({ code: 1000, reason: 'ended' });
    expect(ear.lost).toEqual([]);
    await bench.links.idle();
    expect(bench.clock.pending).toBe(0);
  });

  it('takes no longer than it may with a pusher that hangs; what was not archived is lost', async () => {
    bench = await LinkBench.start();
    const { link, ear } = bench.open();
    const peer = await bench.pusher.peer(0);
    await bench.until(() => link.state === 'connected');
    link.setConversation('c1');
    speak(link, 0, 1000);
    link.requestProcessing(processRequest('a'));
    await peer.gets('process');
    peer.socket.pause();
    const closing = link.close(3000);
    await bench.clock.advance(2999);
    expect(ear.lost).toEqual([]);
    await bench.clock.advance(1);
    await closing;
    expect(ear.lost).toEqual([{ conversationId: 'c1', fromMs: 0, toMs: 1000 }]);
    // It does not answer the close frame either.
    await bench.clock.advance(2000);
    await bench.links.idle();
    expect(bench.clock.pending).toBe(0);
    peer.socket.resume();
  });

  it('takes no time when there is nothing to wait for, connected or not', async () => {
    bench = await LinkBench.start({}, (pusher) => void (pusher.manners = 'refuse'));
    const { link } = bench.open();
    await bench.until(() => bench.pauses.length === 1);
    await link.close(5000);
    await bench.links.idle();
    expect(bench.clock.pending).toBe(0);
    expect(bench.links.snapshot().links).toEqual({
      connected: 0,
      reconnect_backoff: 0,
      degraded: 0,
      half_open_probe: 0,
    });
  });

  it('uses its time to connect once more', async () => {
    bench = await LinkBench.start({}, (pusher) => void (pusher.manners = 'refuse'));
    const { link, ear } = bench.open();
    link.setConversation('c1');
    speak(link, 0, 500);
    await bench.until(() => bench.pauses.length === 1);
    const closing = link.close(9000);
    bench.pusher.manners = 'ready';
    await bench.clock.advance(bench.pauses[0]!);
    const peer = await bench.pusher.peer(0);
    await bench.until(() => peer.audioLog(START).at(-1) === '103 ');
    expect(peer.audioLog(START)).toEqual(['103 c1', 'audio 0-500', '103 ']);
    peer.send({ type: 'kept', conversationId: 'c1', untilMs: START + 500 });
    await closing;
    expect(ear.lost).toEqual([]);
  });

  it('happens once, and afterwards nothing is sent any more', async () => {
    bench = await LinkBench.start();
    const { link } = bench.open();
    const peer = await bench.pusher.peer(0);
    await bench.until(() => link.state === 'connected');
    const closing = link.close(1000);
    expect(link.close(1000)).toBe(closing);
    link.setConversation('c1');
    speak(link, 0, 500);
    link.requestProcessing(processRequest('a'));
    await closing;
    await bench.until(() => peer.closed !== undefined);
    expect(peer.frames).toEqual([]);
  });

  it('is not kept up by a session that fails to listen', async () => {
    bench = await LinkBench.start();
    const peer = bench.pusher.peer(0);
    const fails = (): never => {
      throw new Error('what a session does');
    };
    const link = bench.links.open({
      sessionId: 's1',
      tenant: 'acme',
      sampleRate: 8000,
      channels: 1,
      listener: { onResult: fails, onState: fails, onAudioLost: fails },
    });
    link.setConversation('c1');
    speak(link, 0, 100);
    await peer;
    await bench.until(() => link.state === 'connected');
    await link.close(0);
    await bench.links.idle();
    expect(bench.links.snapshot().lost_audio_ms).toBe(100);
  });
});
