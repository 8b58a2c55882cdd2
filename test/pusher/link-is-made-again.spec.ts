import { afterEach, describe, expect, it } from '@jest/globals';
import { LinkBench, PATIENT_MS, SECRET, processRequest } from './link-bench.js';

let bench: LinkBench;
afterEach(() => bench.stop());

describe('a link', () => {
  it('shows the secret, and is connected once the pusher is ready', async () => {
    bench = await LinkBench.start({}, (pusher) => void (pusher.manners = 'hang'));
    const { link, ear } = bench.open();
    const peer = await bench.pusher.peer(0);
    expect(peer.request.headers.authorization).toBe(`Bearer ${SECRET}`);
    expect(peer.request.headers.origin).toBeUndefined();
    expect(link.state).toBe('reconnect_backoff');
    peer.ready();
    await bench.until(() => ear.states.length === 1);
    expect(ear.states).toEqual(['connected']);
    expect(link.state).toBe('connected');
  });

  it('is tried six more times, each after twice as long, and then once a minute', async () => {
    bench = await LinkBench.start({}, (pusher) => void (pusher.manners = 'refuse'));
    const { link, ear } = bench.open();
    for (let attempt = 0; attempt < 6; attempt++) {
      await bench.until(() => bench.pauses.length === attempt + 1);
      expect(bench.pusher.attempts).toBe(attempt + 1);
      expect(link.state).toBe('reconnect_backoff');
      const about = bench.pauses[attempt]! / (1000 * 2 ** attempt);
      expect(about).toBeGreaterThanOrEqual(0.75);
      expect(about).toBeLessThan(1.25);
      await bench.clock.advance(bench.pauses[attempt]!);
    }
    expect(new Set(bench.pauses.map((pause, attempt) => pause / 2 ** attempt)).size).toBe(6);
    for (let probe = 0; probe < 3; probe++) {
      await bench.until(() => bench.pauses.length === 7 + probe);
      expect(link.state).toBe('degraded');
      expect(bench.pauses.at(-1)).toBe(60_000);
      expect(bench.pusher.attempts).toBe(7 + probe);
      await bench.clock.advance(60_000);
    }
    await bench.until(() => bench.pauses.length === 10);
    expect(ear.states).toEqual([
      'degraded',
      ...Array.from({ length: 3 }, () => ['half_open_probe', 'degraded']).flat(),
    ]);
    bench.pusher.manners = 'ready';
    await bench.clock.advance(60_000);
    await bench.until(() => link.state === 'connected');
    expect(ear.states.slice(-2)).toEqual(['half_open_probe', 'connected']);
  });

  it('waits no longer than a minute and a quarter', async () => {
    bench = await LinkBench.start({ maxReconnectAttempts: 9 }, (pusher) => void (pusher.manners = 'refuse'));
    bench.open();
    for (let attempt = 0; attempt < 8; attempt++) await bench.passPause(attempt);
    await bench.until(() => bench.pauses.length === 9);
    expect(Math.max(...bench.pauses.slice(6))).toBeLessThan(75_000);
    expect(Math.min(...bench.pauses.slice(6))).toBeGreaterThanOrEqual(45_000);
  });

  it('is made again by one owner, whatever else fails at the same time', async () => {
    bench = await LinkBench.start();
    const { link, ear } = bench.open();
    const peer = await bench.pusher.peer(0);
    await bench.until(() => link.state === 'connected');
    // The other side goes away, while what is sent fails and what is asked for is asked again.
    peer.socket.terminate();
    link.setConversation('c1');
    for (let at = 0; at < 2000; at += 20) link.sendAudio(at, new Int16Array(160));
    link.requestProcessing(processRequest('j1'));
    link.requestSample({ tenant: 'acme', conversationId: 'c1', segmentIds: ['s'], personId: 'p', personName: 'P' });
    await bench.until(() => ear.states.at(-1) === 'reconnect_backoff' && bench.pauses.length === 1);
    await bench.clock.advance(bench.pauses[0]!);
    await bench.until(() => link.state === 'connected');
    await (await bench.pusher.peer(1)).gets('process');
    expect(bench.pusher.attempts).toBe(2);
    expect(ear.states).toEqual(['connected', 'reconnect_backoff', 'connected']);
    await bench.clock.advance(60_000 - 20_000);
    expect(bench.pusher.attempts).toBe(2);
  });

  it('that is lost again and again at once is given up like one that cannot be made', async () => {
    bench = await LinkBench.start();
    const { link } = bench.open();
    for (let round = 0; round < 7; round++) {
      await bench.until(() => link.state === 'connected');
      bench.pusher.peers[round]!.socket.close(1011, 'failed');
      if (round < 6) await bench.passPause(round);
    }
    await bench.until(() => link.state === 'degraded');
    expect(bench.pusher.attempts).toBe(7);
  });

  it('that has held for a while is made again soon', async () => {
    bench = await LinkBench.start();
    const { link } = bench.open();
    for (let round = 0; round < 3; round++) {
      await bench.until(() => link.state === 'connected');
      await bench.clock.advance(10_000);
      bench.pusher.peers[round]!.socket.terminate();
      await bench.passPause(round);
    }
    await bench.until(() => link.state === 'connected');
    expect(Math.max(...bench.pauses)).toBeLessThan(1250);
  });

  it('that nobody answers in time is given up', async () => {
    bench = await LinkBench.start({}, (pusher) => void (pusher.manners = 'hang'));
    const { link } = bench.open();
    const peer = await bench.pusher.peer(0);
    await bench.clock.advance(9999);
    expect(peer.closed).toBeUndefined();
    await bench.clock.advance(1);
    await bench.until(() => peer.closed !== undefined && bench.pauses.length === 1);
    expect(link.state).toBe('reconnect_backoff');
  });

  it('says every 20 s that it is alive, and gives up a pusher that does not answer', async () => {
    bench = await LinkBench.start();
    const { link } = bench.open();
    const peer = await bench.pusher.peer(0);
    await bench.until(() => link.state === 'connected');
    for (let beat = 1; beat <= 5; beat++) {
      await bench.clock.advance(20_000);
      await peer.gets('heartbeat', beat);
      peer.send({ type: 'heartbeat' });
      // What the link hears it hears in order: this tells that it has heard the heartbeat.
      peer.send({ type: 'result', result: { jobId: `j${beat}`, conversationId: 'c', outcome: 'processed' } });
      link.requestProcessing(processRequest(`j${beat}`));
      await peer.gets('process', beat);
      await bench.untilSnapshot({ pending_requests: 0 });
    }
    expect(peer.closed).toBeUndefined();
    await bench.clock.advance(20_000);
    await peer.gets('heartbeat', 6);
    await bench.clock.advance(20_000);
    await peer.gets('heartbeat', 7);
    await bench.clock.advance(20_000);
    await bench.until(() => peer.closed !== undefined && link.state === 'reconnect_backoff');
    expect(peer.closed?.code).toBe(1006);
  });

  it('that is sent what it does not understand closes with 1003', async () => {
    bench = await LinkBench.start();
    const { link } = bench.open();
    const peer = await bench.pusher.peer(0);
    await bench.until(() => link.state === 'connected');
    peer.socket.send(Buffer.from([9, 9, 9, 9, 9]));
    await bench.until(() => peer.closed !== undefined);
    expect(peer.closed?.code).toBe(1003);
  });

  it('of which it is not known where it leads tries later, which is nobody’s failure', async () => {
    bench = await LinkBench.start({ breakerFailures: 1 }, (pusher) => void (pusher.manners = 'refuse'));
    bench.nowhere = true;
    const { link } = bench.open();
    await bench.until(() => bench.pauses.length === 1);
    expect(bench.links.snapshot().breaker).toBe('closed');
    bench.nowhere = false;
    bench.pusher.manners = 'ready';
    await bench.clock.advance(bench.pauses[0]!);
    await bench.until(() => link.state === 'connected');
  });
});

describe('a pusher on its way out', () => {
  it('is left and looked for again, which is no failure', async () => {
    bench = await LinkBench.start({ breakerFailures: 2 });
    const { link } = bench.open();
    const peer = await bench.pusher.peer(0);
    await bench.until(() => link.state === 'connected');
    bench.pusher.manners = 'drain';
    peer.socket.close(1001, 'draining');
    for (let round = 0; round < 4; round++) await bench.passPause(round);
    await bench.until(() => bench.pauses.length === 5);
    expect(bench.pusher.attempts).toBe(5);
    expect(bench.links.snapshot()).toMatchObject({ breaker: 'closed', links: { reconnect_backoff: 1 } });
    bench.pusher.manners = 'ready';
    await bench.passPause(4);
    await bench.until(() => link.state === 'connected');
  });
});

describe('thirty links that cannot connect', () => {
  it('stop trying together, try once for all, and come back when that one does', async () => {
    bench = await LinkBench.start({ connectTimeoutMs: PATIENT_MS }, (pusher) => void (pusher.manners = 'refuse'));
    const all = Array.from({ length: 30 }, (_, index) => bench.open(`s${index}`));
    // Thirty are under way when the twentieth of them fails.
    await bench.until(() => bench.pusher.attempts === 30 && bench.pauses.length === 30);
    expect(bench.links.snapshot()).toMatchObject({ breaker: 'open', links: { reconnect_backoff: 30 } });
    await bench.clock.advance(59_000);
    expect(bench.pusher.attempts).toBe(30);
    await bench.clock.advance(4000);
    await bench.until(() => bench.pusher.attempts === 31 && bench.links.snapshot().breaker === 'open');
    await bench.clock.advance(50_000);
    expect(bench.pusher.attempts).toBe(31);
    bench.pusher.manners = 'ready';
    for (let second = 0; second < 80 && !all.every(({ link }) => link.state === 'connected'); second++) {
      const { attempts } = bench.pusher;
      await bench.clock.advance(1000);
      await bench.until(() => bench.pusher.attempts === attempts || bench.pusher.peers.length > 0);
    }
    await bench.until(() => all.every(({ link }) => link.state === 'connected'));
    expect(bench.pusher.attempts).toBe(31 + 30);
    expect(bench.links.snapshot()).toMatchObject({ breaker: 'closed', links: { connected: 30 } });
  });
});
