import { afterEach, describe, expect, it } from '@jest/globals';
import type { ProcessResult } from '../../src/pusher/link/pusher-link.js';
import { LinkBench, START, processRequest, segment, speak } from './link-bench.js';

let bench: LinkBench;
afterEach(() => bench.stop());

const result = (jobId: string): ProcessResult => ({ jobId, conversationId: `of-${jobId}`, outcome: 'processed' });
const sample = { tenant: 'acme', conversationId: 'c1', segmentIds: ['s1', 's2'], personId: 'p1', personName: 'Ada' };

async function connected(settings = {}) {
  bench = await LinkBench.start(settings);
  const { link, ear } = bench.open();
  const peer = await bench.pusher.peer(0);
  await bench.until(() => link.state === 'connected');
  return { link, ear, peer };
}

/** Breaks the connection; resolves with the next one. */
async function cut(round = 0) {
  bench.pusher.peers[round]!.socket.terminate();
  await bench.passPause(round);
  return bench.pusher.peer(round + 1);
}

describe('requests to process conversations', () => {
  it('are made again on each new connection, once, in order and byte for byte, until there is a result', async () => {
    const { link, ear, peer } = await connected();
    for (const id of ['a', 'b', 'c', 'b']) link.requestProcessing(processRequest(id));
    await peer.gets('process', 3);
    peer.send({ type: 'accepted', jobId: 'a' });
    peer.send({ type: 'accepted', jobId: 'b' });
    peer.send({ type: 'result', result: result('b') });
    await bench.until(() => ear.results.length === 1);

    const second = await cut();
    await second.gets('process', 2);
    expect(second.jobs).toEqual(['a', 'c']);
    const before = peer.raw.filter((frame) => frame.readUInt32LE(0) === 104);
    const after = second.raw.filter((frame) => frame.readUInt32LE(0) === 104);
    expect(after[0]!.equals(before[0]!)).toBe(true);
    expect(after[1]!.equals(before[2]!)).toBe(true);

    second.send({ type: 'result', result: result('a') });
    second.send({ type: 'result', result: result('a') });
    second.send({ type: 'result', result: { ...result('c'), title: 'A title', overview: 'What it was about' } });
    await bench.until(() => ear.results.length === 3);
    expect(ear.results.map(({ jobId, title }) => [jobId, title])).toEqual([
      ['b', undefined],
      ['a', undefined],
      ['c', 'A title'],
    ]);
    expect(bench.links.snapshot().pending_requests).toBe(0);
    const third = await cut(1);
    link.requestProcessing(processRequest('d'));
    await third.gets('process');
    expect(third.jobs).toEqual(['d']);
  });

  it('that are not accepted are made three times more on one connection', async () => {
    const { link, peer } = await connected();
    link.requestProcessing(processRequest('a'));
    link.requestProcessing(processRequest('b'));
    await peer.gets('process', 2);
    peer.send({ type: 'accepted', jobId: 'b' });
    for (let beat = 1; beat <= 40; beat++) {
      await bench.clock.advance(20_000);
      await peer.gets('heartbeat', beat);
      peer.send({ type: 'heartbeat' });
      // An answer comes back in order behind the heartbeat, so that this link has heard both.
      link.requestProcessing(processRequest(`beat${beat}`));
      await bench.until(() => peer.jobs.at(-1) === `beat${beat}`);
      peer.send({ type: 'result', result: result(`beat${beat}`) });
      await bench.untilSnapshot({ pending_requests: 2 });
    }
    expect(peer.jobs.filter((id) => id === 'a')).toHaveLength(4);
    expect(peer.jobs.filter((id) => id === 'b')).toHaveLength(1);
    expect(bench.links.snapshot().oldest_request_ms).toBe(800_000);
    const second = await cut();
    await second.gets('process', 2);
    expect(second.jobs).toEqual(['a', 'b']);
  });

  it('are a hundred at most: the oldest goes, and is counted', async () => {
    bench = await LinkBench.start({}, (pusher) => void (pusher.manners = 'hang'));
    const { link } = bench.open();
    for (let index = 0; index < 103; index++) link.requestProcessing(processRequest(`j${index}`));
    expect(bench.links.snapshot()).toMatchObject({ pending_requests: 100, dropped_requests: 3 });
    const peer = await bench.pusher.peer(0);
    peer.ready();
    await peer.gets('process', 100);
    expect(peer.jobs[0]).toBe('j3');
    expect(peer.jobs.at(-1)).toBe('j102');
  });

  it('that the pusher would not take are not sent', async () => {
    const { link, peer } = await connected();
    link.requestProcessing({ ...processRequest('a'), generation: 0 });
    link.requestProcessing({ ...processRequest('b'), conversationId: 'not an id' });
    link.sendSegments('c1', [{ ...segment('s1'), start: Number.NaN }]);
    link.sendAudio(START, new Int16Array(160));
    link.setConversation('no id either');
    link.requestSample({ ...sample, segmentIds: [] });
    link.requestProcessing(processRequest('c'));
    await peer.gets('process');
    expect(peer.frames.map(({ type }) => type)).toEqual(['process']);
  });
});

describe('requests to learn a voice', () => {
  it('are made until they are accepted, and the same one once', async () => {
    const { link, peer } = await connected();
    link.requestSample(sample);
    link.requestSample(sample);
    link.requestSample({ ...sample, personId: 'p2' });
    const [first, second] = await peer.gets('sample', 2);
    expect(first!.request).toEqual(sample);
    expect(second!.jobId).not.toBe(first!.jobId);
    peer.send({ type: 'accepted', jobId: first!.jobId });
    peer.send({ type: 'heartbeat' });
    link.requestProcessing(processRequest('a'));
    await peer.gets('process');
    peer.send({ type: 'result', result: result('a') });
    await bench.untilSnapshot({ pending_requests: 0 });
    const next = await cut();
    expect((await next.gets('sample')).map(({ jobId }) => jobId)).toEqual([second!.jobId]);
  });
});

describe('segments', () => {
  it('wait for a connection, in their latest state', async () => {
    bench = await LinkBench.start({}, (pusher) => void (pusher.manners = 'hang'));
    const { link } = bench.open();
    link.sendSegments('c1', [segment('s1', 'hello'), segment('s2', 'world')]);
    link.sendSegments('c1', [segment('s1', 'hello there')]);
    link.sendSegments('c2', [segment('s1', 'another')]);
    const peer = await bench.pusher.peer(0);
    peer.ready();
    const frames = await peer.gets('segments', 2);
    expect(frames.map(({ conversationId, segments }) => [conversationId, segments.map(({ text }) => text)])).toEqual([
      ['c1', ['world', 'hello there']],
      ['c2', ['another']],
    ]);
    await bench.untilSnapshot({ waiting_segments: 0 });
  });

  it('and the request that follows them arrive in this order', async () => {
    const { link, peer } = await connected();
    link.sendSegments('c1', [segment('s1')]);
    link.requestProcessing(processRequest('a'));
    await peer.gets('process');
    expect(peer.frames.map(({ type }) => type)).toEqual(['segments', 'process']);
  });
});

describe('audio', () => {
  it('goes in larger frames, each behind the conversation that it belongs to', async () => {
    const { link, peer } = await connected();
    link.setConversation('c1');
    speak(link, 0, 1000);
    link.setConversation('c2');
    speak(link, 1000, 1400);
    await bench.until(() => peer.audioLog(START).at(-1) === 'audio 1000-1400');
    expect(peer.audioLog(START)).toEqual(['103 c1', 'audio 0-1000', '103 c2', 'audio 1000-1400']);
    expect(peer.of('audio')).toHaveLength(7);
  });

  it('comes again from the first sample on that is not archived, with its conversations', async () => {
    const { link, peer } = await connected();
    link.setConversation('c1');
    speak(link, 0, 1000);
    link.setConversation('c2');
    speak(link, 1000, 2000);
    await bench.until(() => peer.audioLog(START).at(-1) === 'audio 1000-2000');
    peer.send({ type: 'kept', conversationId: 'c1', untilMs: START + 610 });
    peer.send({ type: 'result', result: result('sync') });
    link.requestProcessing(processRequest('sync'));
    await peer.gets('process');
    peer.send({ type: 'result', result: result('sync') });
    await bench.untilSnapshot({ pending_requests: 0 });
    const second = await cut();
    speak(link, 2000, 2200);
    await bench.until(() => second.audioLog(START).at(-1) === 'audio 1000-2200');
    expect(second.audioLog(START)).toEqual(['103 c1', 'audio 610-1000', '103 c2', 'audio 1000-2200']);
    second.send({ type: 'kept', conversationId: 'c2', untilMs: START + 2200 });
    second.send({ type: 'kept', conversationId: 'c1', untilMs: START + 1000 });
    await bench.untilSnapshot({ audio_bytes: 0 });
    const third = await cut(1);
    await bench.until(() => third.audioLog(START).length > 0);
    expect(third.audioLog(START)).toEqual(['103 c2']);
  });

  it('that is more than may be kept is lost from its beginning, and told in one piece', async () => {
    bench = await LinkBench.start({ audioBufferBytes: 262_144 }, (pusher) => void (pusher.manners = 'hang'));
    const { link, ear } = bench.open();
    link.setConversation('c1');
    speak(link, 0, 30_000);
    const peer = await bench.pusher.peer(0);
    peer.ready();
    await bench.until(() => peer.audioLog(START).at(-1)?.endsWith('-30000') ?? false);
    const [, from] = /audio (\d+)-30000/.exec(peer.audioLog(START)[1]!)!;
    peer.socket.terminate();
    await bench.until(() => ear.lost.length === 1);
    expect(ear.lost).toEqual([{ conversationId: 'c1', fromMs: 0, toMs: Number(from) }]);
    expect(bench.links.snapshot().lost_audio_ms).toBe(Number(from));
  });

  it('is not sent ahead of the archive by more than it wants', async () => {
    bench = await LinkBench.start({}, (pusher) => void (pusher.audioWindowBytes = 16_000));
    const { link } = bench.open();
    const peer = await bench.pusher.peer(0);
    await bench.until(() => link.state === 'connected');
    link.setConversation('c1');
    speak(link, 0, 10_000);
    const sentUntil = (): number => Number(/^audio 0-(\d+)$/.exec(peer.audioLog(START)[1] ?? '')?.[1] ?? 0);
    for (let keptUntil = 0; keptUntil < 10_000;) {
      await bench.until(() => sentUntil() > keptUntil);
      link.requestProcessing(processRequest(`at${keptUntil}`));
      await bench.until(() => peer.jobs.at(-1) === `at${keptUntil}`);
      // 16,000 bytes are a second; the frame that fills the window goes whole.
      const frameMs = peer.of('audio').at(-1)!.pcm.length / 16;
      expect(sentUntil() - keptUntil).toBeLessThan(1000 + frameMs);
      keptUntil = sentUntil();
      peer.send({ type: 'kept', conversationId: 'c1', untilMs: START + keptUntil });
    }
    await bench.untilSnapshot({ audio_bytes: 0 });
  });

  it('is not sent to a pusher that has no archive, and not kept for it', async () => {
    bench = await LinkBench.start({}, (pusher) => void (pusher.audio = false));
    const { link, ear } = bench.open();
    link.setConversation('c1');
    speak(link, 0, 1000);
    const peer = await bench.pusher.peer(0);
    await bench.until(() => link.state === 'connected');
    speak(link, 1000, 2000);
    link.requestProcessing(processRequest('a'));
    await peer.gets('process');
    link.setConversation('c2');
    await peer.gets('conversation', 2);
    expect(peer.of('audio')).toEqual([]);
    expect(bench.links.snapshot().audio_bytes).toBe(0);
    expect(ear.lost).toEqual([]);
  });

  it('does not pile up before a pusher that does not read', async () => {
    const { link, ear, peer } = await connected();
    peer.socket.pause();
    link.setConversation('c1');
    // Twenty megabytes.
    const before = process.memoryUsage().arrayBuffers;
    for (let at = 0; at < 1_310_000; at += 1000) {
      speak(link, at, at + 1000);
      if (at % 50_000 === 0) await bench.clock.advance(0);
    }
    const grown = process.memoryUsage().arrayBuffers - before;
    expect(bench.links.snapshot().audio_bytes).toBeLessThanOrEqual(10_485_760);
    expect(grown).toBeLessThan(40_000_000);
    link.requestProcessing(processRequest('a'));
    peer.socket.resume();
    await peer.gets('process');
    await bench.until(() => peer.audioLog(START).at(-1)?.endsWith('-1310000') ?? false);
    const [first, ...rest] = peer.audioLog(START).filter((line) => line !== '103 c1');
    expect(first).toMatch(/^audio 0-/);
    expect(rest).toHaveLength(1);
    const lostTo = Number(/audio (\d+)-/.exec(rest[0]!)![1]);
    // What was lost is what was never sent.
    link.requestProcessing(processRequest('b'));
    await bench.clock.advance(20_000);
    expect(ear.lost.at(0)?.fromMs).toBe(Number(/-(\d+)/.exec(first!)![1]));
    expect(ear.lost.at(-1)?.toMs).toBe(lostTo);
  });
});
