import { afterEach, describe, expect, it } from '@jest/globals';
import { encodeToPusher } from '../../src/pusher/link/frames.js';
import { SECRET, START, processRequest, segment } from './link-bench.js';
import { comesTrue } from './happenings.js';
import { ServerBench } from './server-bench.js';

let bench: ServerBench;
afterEach(() => bench.stop());

const audio = (fromMs: number, durationMs: number, value = 1) => ({
  type: 'audio' as const,
  startMs: START + fromMs,
  pcm: Buffer.from(new Int16Array(durationMs * 8).fill(value).buffer),
});
const conversation = (conversationId: string) => ({ type: 'conversation' as const, conversationId });
const asked = (jobId: string) => ({ type: 'process' as const, request: processRequest(jobId) });
const authorization = `Bearer ${SECRET}`;

describe('the way in', () => {
  it('is open to whoever knows the secret, and to nobody else', async () => {
    bench = await ServerBench.start();
    expect(await bench.status({ authorization })).toBe(101);
    expect(await bench.status({})).toBe(401);
    expect(await bench.status({ authorization: `Bearer ${SECRET}x` })).toBe(401);
    expect(await bench.status({ authorization: SECRET })).toBe(401);
    // Three wrong ones a minute are enough, but do not keep others out.
    expect(await bench.status({ authorization: 'Bearer guess' })).toBe(429);
    expect(await bench.status({ authorization })).toBe(101);
    expect(await bench.status({}, { token: SECRET })).toBe(429);
  });

  it('is closed to pages, even with the secret', async () => {
    bench = await ServerBench.start();
    expect(await bench.status({ authorization, origin: `http://127.0.0.1:${bench.port}` })).toBe(403);
  });

  it('needs a secret too when none is configured', async () => {
    bench = await ServerBench.start({ secret: '' });
    expect(await bench.status({ authorization: 'Bearer ' })).toBe(401);
    expect(await bench.status({ authorization: 'Bearer' })).toBe(401);
    expect(await bench.status({})).toBe(401);
  });

  it.each([
    [{ sample_rate: '7999' }, 400],
    [{ sample_rate: '48001' }, 400],
    [{ sample_rate: '16000.5' }, 400],
    [{ sample_rate: '' }, 400],
    [{ channels: '3' }, 400],
    [{ session: '' }, 400],
    [{ tenant: 'a b' }, 400],
    [{ sample_rate: '48000', channels: '2' }, 101],
    [{ sample_rate: '8000' }, 101],
  ])('with %j answers %i', async (query, status) => {
    bench = await ServerBench.start();
    expect(await bench.status({ authorization }, query as Record<string, string>)).toBe(status);
  });
});

describe('a frame that is not one', () => {
  it.each([
    ['text', 'hello'],
    ['empty', Buffer.alloc(0)],
    ['short', Buffer.from([100, 0])],
    ['of an unknown type', Buffer.from([99, 0, 0, 0])],
    ['that only the pusher sends', Buffer.from([201, 0, 0, 0, 0x7b, 0x7d])],
    ['audio without a conversation', encodeToPusher(audio(0, 20))],
    ['audio of half a sample', Buffer.concat([encodeToPusher(audio(0, 20)), Buffer.from([1])])],
    ['JSON that is none', Buffer.from([102, 0, 0, 0, 0x5b])],
    ['a request without a tenant', Buffer.concat([Buffer.from([104, 0, 0, 0]), Buffer.from('{"job_id":"a"}')])],
    [
      'a request of another tenant',
      encodeToPusher({ type: 'process', request: { ...processRequest('a'), tenant: 'other' } }),
    ],
  ])('%s: ends the connection with 1003', async (_, frame) => {
    bench = await ServerBench.start();
    const link = await bench.dial();
    link.send(frame);
    await bench.until(() => link.closed !== undefined);
    expect(link.closed?.code).toBe(1003);
    await comesTrue(() => bench.sessions.count === 0);
    expect(bench.queue.asked).toEqual([]);
    expect(bench.audio.openUploads).toBe(0);
  });

  it('ends it also behind an empty 103, which says that there is no conversation', async () => {
    bench = await ServerBench.start();
    const link = await bench.dial();
    link.send(conversation('c1'), audio(0, 20), conversation(''), audio(20, 20));
    await bench.until(() => link.closed !== undefined);
    expect(link.closed?.code).toBe(1003);
    expect(bench.audio.written.map(({ startMs }) => startMs - START)).toEqual([0]);
  });

  it('that is too long ends it with 1009', async () => {
    bench = await ServerBench.start();
    const link = await bench.dial();
    link.send(Buffer.alloc(65_537));
    await bench.until(() => link.closed !== undefined);
    expect(link.closed?.code).toBe(1009);
  });
});

describe('a request to process a conversation', () => {
  it('is accepted when it lies in the queue, and answered when it is carried out', async () => {
    bench = await ServerBench.start();
    const link = await bench.dial();
    link.send(asked('a'), asked('b'), asked('a'));
    await link.gets('accepted', 2);
    expect(bench.queue.jobs.get('a')).toEqual({ id: 'a', kind: 'process', payload: processRequest('a') });
    await link.isHeard();
    expect(link.of('result')).toEqual([]);
    bench.results.settle({ jobId: 'b', conversationId: 'of-b', outcome: 'processed', title: 'T', overview: 'O' });
    bench.results.settle({ jobId: 'a', conversationId: 'of-a', outcome: 'discarded' });
    await link.gets('result', 2);
    expect(link.of('result').map(({ result }) => result)).toEqual([
      { jobId: 'b', conversationId: 'of-b', outcome: 'processed', title: 'T', overview: 'O' },
      { jobId: 'a', conversationId: 'of-a', outcome: 'discarded' },
    ]);
    expect(bench.results.size).toBe(0);
  });

  it('that was carried out before is answered at once', async () => {
    bench = await ServerBench.start();
    bench.outcomes.known.set('a', { jobId: 'a', conversationId: 'of-a', outcome: 'processed', title: 'Earlier' });
    const link = await bench.dial();
    link.send(asked('a'));
    const [{ result } = { result: undefined }] = await link.gets('result');
    expect(result?.title).toBe('Earlier');
    expect(link.frames.map(({ type }) => type)).toEqual(['ready', 'accepted', 'result']);
  });

  it('that another process carries out is looked up, less and less often', async () => {
    bench = await ServerBench.start();
    const link = await bench.dial();
    link.send(asked('a'));
    await bench.until(() => bench.outcomes.lookUps === 1);
    await bench.clock.advance(120_000);
    // About 1, 2, 4, 8, 16, 30, 30 and 30 s.
    expect(bench.outcomes.lookUps).toBeGreaterThanOrEqual(7);
    expect(bench.outcomes.lookUps).toBeLessThanOrEqual(10);
    bench.outcomes.away = true;
    await bench.clock.advance(60_000);
    bench.outcomes.away = false;
    bench.outcomes.known.set('a', { jobId: 'a', conversationId: 'of-a', outcome: 'fenced' });
    await bench.clock.advance(40_000);
    expect((await link.gets('result'))[0]?.result.outcome).toBe('fenced');
  });

  it('that has become a dead letter has failed', async () => {
    bench = await ServerBench.start();
    const link = await bench.dial();
    link.send(asked('a'));
    await link.gets('accepted');
    bench.queue.set('a', 'dead');
    await bench.clock.advance(2000);
    expect((await link.gets('result'))[0]?.result).toEqual({
      jobId: 'a',
      conversationId: 'of-a',
      outcome: 'failed',
      problem: 'it was tried too often',
    });
  });

  it('waits for a queue that is away', async () => {
    bench = await ServerBench.start();
    bench.queue.away = true;
    const link = await bench.dial();
    link.send(asked('a'));
    await bench.until(() => bench.queue.asked.length === 1);
    await bench.clock.advance(100_000);
    await link.isHeard();
    expect(bench.queue.asked.length).toBeGreaterThanOrEqual(6);
    expect(link.of('accepted')).toEqual([]);
    bench.queue.away = false;
    await bench.clock.advance(40_000);
    expect(await link.gets('accepted')).toEqual([{ type: 'accepted', jobId: 'a' }]);
  });

  it('is answered to who asks again after the connection was lost', async () => {
    bench = await ServerBench.start();
    const first = await bench.dial();
    first.send(asked('a'));
    await first.gets('accepted');
    first.socket.terminate();
    await comesTrue(() => bench.sessions.count === 0);
    expect(bench.results.size).toBe(0);
    const second = await bench.dial();
    second.send(asked('a'));
    await second.gets('accepted');
    await bench.until(() => bench.outcomes.lookUps === 2);
    bench.results.settle({ jobId: 'a', conversationId: 'of-a', outcome: 'processed' });
    expect(await second.gets('result')).toHaveLength(1);
    expect(bench.queue.jobs.size).toBe(1);
  });
});

describe('a request to learn a voice', () => {
  it('is put into the queue for later', async () => {
    bench = await ServerBench.start();
    const link = await bench.dial();
    const request = { tenant: 'acme', conversationId: 'c1', segmentIds: ['s1'], personId: 'p1', personName: 'Ada' };
    link.send({ type: 'sample', jobId: 'sample-1', request });
    expect(await link.gets('accepted')).toEqual([{ type: 'accepted', jobId: 'sample-1' }]);
    expect(bench.queue.asked).toEqual([
      { job: { id: 'sample-1', kind: 'speaker_sample', payload: request }, delayMs: 120_000 },
    ]);
    expect(bench.outcomes.lookUps).toBe(0);
  });
});

describe('audio', () => {
  it('goes to the archive, and is acknowledged when it is there', async () => {
    bench = await ServerBench.start();
    const link = await bench.dial();
    expect(link.frames[0]).toEqual({
      type: 'ready',
      audio: true,
      audioWindowBytes: 20_971_520,
      maxFrameBytes: 65_536,
    });
    link.send(conversation('c1'), audio(0, 200, 7), audio(200, 200));
    await bench.until(() => bench.audio.written.length === 2);
    expect(bench.audio.written[0]).toMatchObject({ sessionId: 's1', conversationId: 'c1', startMs: START });
    expect(bench.audio.written[0]?.pcm).toEqual(new Int16Array(1600).fill(7));
    await link.isHeard();
    expect(link.of('kept')).toEqual([]);
    bench.audio.keepAll();
    const [kept] = await link.gets('kept');
    expect(kept?.conversationId).toBe('c1');
    expect(kept?.untilMs).toBeCloseTo(START + 400, 2);
  });

  it('is archived at once when its conversation is over', async () => {
    bench = await ServerBench.start();
    const link = await bench.dial();
    link.send(conversation('c1'), audio(0, 200), conversation('c1'), audio(200, 200), conversation('c2'));
    expect((await link.gets('kept'))[0]?.untilMs).toBeCloseTo(START + 400, 2);
    link.send(audio(400, 200), conversation(''));
    expect((await link.gets('kept', 2))[1]).toMatchObject({ conversationId: 'c2' });
  });

  it('that is more than was agreed ends the connection', async () => {
    bench = await ServerBench.start({ sessionAudioBytes: 262_144 });
    const link = await bench.dial();
    link.send(conversation('c1'));
    for (let at = 0; at < 40_000; at += 2000) link.send(audio(at, 2000));
    await bench.until(() => link.closed !== undefined);
    expect(link.closed?.code).toBe(1011);
    expect(bench.audio.written.length).toBe(17);
  });

  it('is not wanted without an archive', async () => {
    bench = await ServerBench.start();
    bench.audio.wanted = false;
    const link = await bench.dial();
    expect(link.frames[0]).toMatchObject({ type: 'ready', audio: false });
  });
});

describe('segments', () => {
  it('are passed on once a second', async () => {
    bench = await ServerBench.start();
    const link = await bench.dial();
    link.send({ type: 'segments', conversationId: 'c1', segments: [segment('s1', 'hello')] });
    link.send({ type: 'segments', conversationId: 'c2', segments: [segment('s1', 'world')] });
    await link.isHeard();
    expect(bench.transcripts.published).toEqual([]);
    await bench.clock.advance(1000);
    expect(bench.transcripts.published).toEqual([
      { tenant: 'acme', conversationId: 'c1', texts: ['hello'] },
      { tenant: 'acme', conversationId: 'c2', texts: ['world'] },
    ]);
  });

  it('of which more than fifty batches wait are dropped from the oldest on', async () => {
    bench = await ServerBench.start();
    const link = await bench.dial();
    for (let batch = 0; batch < 60; batch++)
      link.send({ type: 'segments', conversationId: `c${batch}`, segments: [segment('s1')] });
    await link.isHeard();
    await bench.clock.advance(1000);
    expect(bench.transcripts.published.map(({ conversationId }) => conversationId)).toEqual(
      Array.from({ length: 50 }, (_, index) => `c${index + 10}`),
    );
  });
});

describe('the end of a connection', () => {
  it('comes with 1011 when nothing was heard for five minutes', async () => {
    bench = await ServerBench.start();
    const link = await bench.dial();
    await bench.clock.advance(299_000);
    await link.isHeard();
    await bench.clock.advance(299_999);
    await bench.clock.advance(0);
    expect(link.closed).toBeUndefined();
    await bench.clock.advance(1);
    await bench.until(() => link.closed !== undefined);
    expect(link.closed?.code).toBe(1011);
    await comesTrue(() => bench.sessions.count === 0 && bench.clock.pending === 0);
  });

  it('archives what has come, and leaves nothing behind', async () => {
    bench = await ServerBench.start();
    const link = await bench.dial();
    link.send(conversation('c1'), audio(0, 200), asked('a'));
    link.send({ type: 'segments', conversationId: 'c1', segments: [segment('s1', 'last')] });
    await link.gets('accepted');
    await link.isHeard();
    link.socket.terminate();
    await comesTrue(() => bench.sessions.count === 0);
    expect(bench.audio.keptUntil.get('c1')).toBeCloseTo(START + 200, 2);
    expect(bench.transcripts.published.map(({ texts }) => texts)).toEqual([['last']]);
    expect(bench.audio.openUploads).toBe(0);
    expect(bench.clock.pending).toBe(0);
  });

  it('is not held up for ever by an archive or a listener that hangs', async () => {
    bench = await ServerBench.start();
    bench.audio.hangs = true;
    bench.transcripts.hangs = true;
    const link = await bench.dial();
    link.send(conversation('c1'), audio(0, 200));
    link.send({ type: 'segments', conversationId: 'c1', segments: [segment('s1')] });
    await link.isHeard();
    link.socket.terminate();
    await bench.until(() => bench.transcripts.published.length === 1);
    await bench.clock.advance(29_999);
    expect(bench.sessions.count).toBe(1);
    await bench.clock.advance(1);
    await bench.clock.advance(5000);
    expect(bench.sessions.count).toBe(0);
    expect(bench.audio.openUploads).toBe(0);
    expect(bench.clock.pending).toBe(0);
  });

  it('is 1001 when the pusher is on its way out, after its audio was archived; whoever comes then is sent away', async () => {
    bench = await ServerBench.start();
    const link = await bench.dial();
    link.send(conversation('c1'), audio(0, 200));
    await link.isHeard();
    const drained = bench.sessions.drain(5000);
    await drained;
    await bench.until(() => link.closed !== undefined);
    expect(link.closed).toEqual({ code: 1001, reason: 'draining' });
    expect(link.of('kept')).toHaveLength(1);
    const late = await bench.dial();
    await bench.until(() => late.closed !== undefined);
    expect(late.closed?.code).toBe(1001);
    expect(late.frames).toEqual([]);
    expect(bench.sessions.count).toBe(0);
  });
});
