import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { ListenCaller } from './support/listen-caller.js';
import { ListenHarness } from './support/listen-harness.js';

const frame = (leg: number, value: number): Buffer => {
  const pcm = new Int16Array(160).fill(value);
  return Buffer.concat([Buffer.of(leg), Buffer.from(pcm.buffer)]);
};
const SECRET = 1234;

describe('while a call is paused', () => {
  let harness: ListenHarness;
  beforeEach(async () => {
    harness = await ListenHarness.start();
  });
  afterEach(() => harness.stop());

  async function talk(caller: Awaited<ReturnType<ListenHarness['dial']>>, seconds: number, value: number) {
    for (let sent = 0; sent < seconds * 50; sent++) {
      await harness.clock.advance(20);
      await harness.sends(caller, frame(1, value), frame(2, value));
    }
  }

  it('nothing of what is said is heard, kept or sent, and time goes on', async () => {
    const caller = await harness.dial('?channels=2&sample_rate=8000');
    const id = caller.conversationId;
    await talk(caller, 1, 7);
    await harness.sends(caller, { type: 'pause' });
    expect(harness.session.describe().state).toBe('paused');
    await talk(caller, 3, SECRET);
    await harness.sends(caller, { type: 'resume' });
    await talk(caller, 1, 9);
    caller.send({ type: 'end' });
    await harness.quiet();

    const heard = (['mic', 'system'] as const).map((source) =>
      harness.legs.of(source).written.flatMap(({ pcm }) => [...pcm]),
    );
    const archived = harness.links.newest.audio.flatMap(({ pcm }) => [...pcm]);
    for (const samples of [...heard, archived]) {
      expect(samples).not.toContain(SECRET);
      expect(samples).toContain(7);
      expect(samples).toContain(9);
    }
    // What was said before ends with silence; and what comes later is where it was said.
    const { written } = harness.legs.of('mic');
    const quietMs = written.filter(({ pcm }) => pcm[0] === 0).reduce((sum, { pcm }) => sum + pcm.length / 8, 0);
    expect(quietMs).toBe(1500);
    const nine = written.find(({ pcm }) => pcm[0] === 9)!;
    const seven = written.find(({ pcm }) => pcm[0] === 7)!;
    expect(nine.atMs - seven.atMs).toBe(4000);
    const { audio } = harness.links.newest;
    const [first, last] = [audio[0]!, audio.at(-1)!];
    expect(last.startMs + last.pcm.length / 16 - first.startMs).toBe(5000);
    expect(audio.reduce((sum, { pcm }) => sum + pcm.length / 16, 0)).toBe(2000);

    expect(caller.statuses.slice(4)).toEqual(['paused', 'resumed']);
    expect(caller.events.filter(({ type }) => type === 'audio_dropped')).toEqual(
      ['mic', 'system'].map((source) => ({
        type: 'audio_dropped',
        source,
        of: 'audio',
        from_ms: 1000,
        to_ms: 4000,
        reason: 'paused',
      })),
    );
    expect(harness.store.records.get(id)).toBeUndefined();
    expect(harness.store.removed).toEqual([id]);
  });

  it('it is not taken for silent, and the pause is in the record', async () => {
    const caller = await harness.dial('?channels=2&conversation_timeout=120&sample_rate=8000');
    const id = caller.conversationId;
    harness.legs.of('mic').says('Your card number, please.', 0);
    await talk(caller, 1, 7);
    await harness.sends(caller, { type: 'pause' }, { type: 'pause' });
    await harness.pass(300_000, caller);
    await harness.sends(caller, { type: 'resume' }, { type: 'resume' });
    await harness.pass(60_000, caller);
    expect(caller.conversationId).toBe(id);
    expect(harness.store.records.get(id)!.listened!.gaps).toEqual([
      { start: 1, end: 301, of: 'audio', reason: 'paused' },
    ]);
    await harness.pass(65_000, caller);
    expect(caller.conversationId).not.toBe(id);
  });

  it('and it ends, the pause lasts until then', async () => {
    const caller = await harness.dial('?channels=2&sample_rate=8000');
    const id = caller.conversationId;
    harness.legs.of('mic').says('Your card number, please.', 0);
    await talk(caller, 1, 7);
    await harness.sends(caller, { type: 'pause' });
    await talk(caller, 1, SECRET);
    await caller.lose();
    await harness.quiet();
    const { status, listened } = harness.store.records.get(id)!;
    expect(status).toBe('processing');
    expect(listened!.gaps).toMatchObject([{ start: 1, of: 'audio', reason: 'paused' }]);
    expect(listened!.gaps[0]!.end).toBeGreaterThanOrEqual(2);
    expect(harness.logged.join(' ')).not.toContain('card number');
  });
});

describe('a pause outlives its connection', () => {
  let harness: ListenHarness;
  beforeEach(async () => {
    harness = await ListenHarness.start({ receiveTimeoutMs: 1_000_000 });
  });
  afterEach(() => harness.stop());

  const samples = (value: number): Buffer => Buffer.from(new Int16Array(320).fill(value).buffer);

  async function talk(caller: ListenCaller, seconds: number, value: number): Promise<void> {
    for (let sent = 0; sent < seconds * 50; sent++) {
      await harness.clock.advance(20);
      await harness.sends(caller, samples(value));
    }
  }

  /** All that any recogniser, or the pusher, ever got. */
  function takenIn(): Set<number> {
    const heard = harness.legs.opened.flatMap(({ written }) => written);
    const archived = harness.links.opened.flatMap(({ audio }) => audio);
    return new Set([...heard, ...archived].flatMap(({ pcm }) => [...pcm]));
  }

  /** A conversation in which something was said before it was paused. */
  async function paused(query = ''): Promise<ListenCaller> {
    const caller = await harness.dial(query);
    harness.legs.of('mic').says('Your card number, please.', 0);
    await talk(caller, 1, 7);
    await caller.understands('Your card number, please.');
    await harness.sends(caller, { type: 'pause' });
    return caller;
  }

  /** The store answers when it is let. */
  function holdFinding(): () => void {
    const { store } = harness;
    const find = store.find.bind(store);
    const held = Promise.withResolvers<void>();
    store.find = async (...what) => {
      await held.promise;
      return await find(...what);
    };
    return held.resolve;
  }

  it.each(['conversation_id', 'source'])('when the client comes back by %s', async (by) => {
    const before = await paused('?source=desk');
    const id = before.conversationId;
    await harness.store.until(() => harness.store.records.get(id)?.listened?.paused === true);
    await talk(before, 1, SECRET);
    await before.lose();
    await harness.quiet();
    expect(harness.store.records.get(id)).toMatchObject({ status: 'in_progress', listened: { paused: true } });
    await harness.clock.advance(10_000);

    const caller = await harness.dial(by === 'source' ? '?source=desk' : `?conversation_id=${id}`);
    expect(caller.conversationId).toBe(id);
    const told = caller.events.map((event) => (event.type === 'service_status' ? event.status : event.type));
    expect(told.indexOf('paused')).toBeGreaterThan(told.indexOf('conversation_session'));
    expect(harness.session.describe().state).toBe('paused');
    await talk(caller, 3, SECRET);
    expect(harness.store.records.get(id)!.listened!.paused).toBe(true);
    await harness.sends(caller, { type: 'resume' });
    expect(harness.session.describe().state).toBe('listening');
    await talk(caller, 1, 9);
    await harness.store.until(() => harness.store.records.get(id)?.listened?.paused === false);
    expect(takenIn()).toEqual(new Set([7, 0, 9]));

    await caller.lose();
    await harness.quiet();
    const again = await harness.dial(`?conversation_id=${id}`);
    expect(again.conversationId).toBe(id);
    expect(again.statuses).not.toContain('paused');
    expect(harness.session.describe().state).toBe('listening');
  });

  it('when an operator has paused it', async () => {
    const before = await harness.dial();
    const id = before.conversationId;
    harness.legs.of('mic').says('Hello.', 0);
    await harness.settle(before);
    harness.session.pause();
    await before.lose();
    await harness.quiet();
    const caller = await harness.dial(`?conversation_id=${id}`);
    expect(caller.conversationId).toBe(id);
    await talk(caller, 1, SECRET);
    harness.session.resume();
    await talk(caller, 1, 9);
    expect(takenIn()).toEqual(new Set([0, 9]));
  });

  it('when another connection takes the conversation over', async () => {
    const before = await paused();
    const id = before.conversationId;
    const caller = await harness.dial(`?conversation_id=${id}`);
    expect(await before.closed).toEqual({ code: 1008, reason: 'taken_over' });
    expect(caller.conversationId).toBe(id);
    expect(caller.statuses).toContain('paused');
    await talk(caller, 1, SECRET);
    expect(takenIn()).not.toContain(SECRET);
    expect(harness.store.records.get(id)!.listened).toMatchObject({ owner: harness.session.id, paused: true });
  });

  it('when the server goes down in a call of two legs', async () => {
    const before = await harness.dial('?channels=2');
    const id = before.conversationId;
    harness.legs.of('mic').says('Hello.', 0);
    await harness.settle(before);
    await harness.sends(before, { type: 'pause' });
    void harness.session.close('drain');
    await harness.quiet();
    const caller = await harness.dial(`?channels=2&conversation_id=${id}`);
    expect(caller.conversationId).toBe(id);
    expect(harness.session.describe().state).toBe('paused');
  });

  it('also for audio that comes before it is known', async () => {
    const before = await paused();
    const id = before.conversationId;
    await before.lose();
    await harness.quiet();
    const find = holdFinding();
    const caller = await ListenCaller.dial(harness.url, `?conversation_id=${id}`);
    await talk(caller, 1, SECRET);
    expect(takenIn()).not.toContain(SECRET);
    // What was asked for in the meantime counts from when it was.
    await harness.sends(caller, { type: 'resume' });
    await talk(caller, 1, 9);
    await harness.sends(caller, { type: 'pause' });
    expect(harness.session.describe().state).toBe('paused');
    await talk(caller, 1, SECRET);
    find();
    await caller.ready();
    expect(caller.conversationId).toBe(id);
    expect(harness.session.describe().state).toBe('paused');
    expect(takenIn()).toEqual(new Set([7, 0, 9]));
    const nines = harness.legs.of('mic').written.filter(({ pcm }) => pcm[0] === 9);
    expect([nines[0]!.atMs, nines.length]).toEqual([1000, 50]);
    await harness.store.until(() => harness.store.records.get(id)?.listened?.paused === true);
  });

  it('and a connection that ends before it is known has left nothing', async () => {
    const before = await paused();
    const id = before.conversationId;
    await before.lose();
    await harness.quiet();
    const find = holdFinding();
    const caller = await ListenCaller.dial(harness.url, `?conversation_id=${id}`);
    await talk(caller, 1, SECRET);
    await caller.lose();
    find();
    await harness.quiet();
    expect(takenIn()).not.toContain(SECRET);
    expect(harness.store.records.get(id)!.listened!.paused).toBe(true);
  });

  it('and early audio of a call that was not paused is where it was said', async () => {
    const find = holdFinding();
    const caller = await ListenCaller.dial(harness.url, '?conversation_id=0f8fad5b-d9cb-469f-a165-70867728950e');
    await harness.clock.advance(500);
    await talk(caller, 1, 7);
    find();
    await caller.ready();
    await talk(caller, 1, 9);
    const { written } = harness.legs.of('mic');
    expect(written.map(({ atMs }) => atMs)).toEqual(Array.from({ length: 100 }, (_, frame) => 500 + 20 * frame));
    const record = harness.store.records.get(caller.conversationId)!;
    expect(Date.parse(record.startedAt)).toBe(harness.clock.wallTime() - 2000);
  });

  it('and who sends nothing in it is not taken for idle, but is afterwards', async () => {
    const caller = await paused();
    await harness.clock.advance(600_000);
    await harness.catchUp(caller);
    harness.session.resume();
    await harness.clock.advance(89_000);
    expect(harness.session.describe().state).toBe('listening');
    await harness.clock.advance(1000);
    expect(harness.session.describe().state).toBe('ending');
    await harness.quiet();
    expect(await caller.closed).toEqual({ code: 1001, reason: 'idle' });
  });

  it('and a dead connection is noticed all the same', async () => {
    const caller = await paused();
    await harness.clock.advance(1_000_000);
    await harness.quiet();
    expect(await caller.closed).toEqual({ code: 1001, reason: 'nothing was received' });
  });
});
