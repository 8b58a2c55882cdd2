import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { ListenHarness } from './support/listen-harness.js';

describe('a session', () => {
  let harness: ListenHarness;
  beforeEach(async () => {
    harness = await ListenHarness.start();
  });
  afterEach(async () => {
    await harness.stop();
    expect([harness.active, harness.registry.active, harness.untold]).toEqual([0, 0, 0]);
    expect(harness.clock.pending).toBe(0);
  });

  it('hears ping every ten seconds', async () => {
    const caller = await harness.dial();
    await harness.clock.advance(30_000);
    await harness.catchUp(caller);
    expect(caller.pings).toBe(3);
  });

  it('ends with 1001 when nothing has come for 90 seconds, after the last words', async () => {
    const caller = await harness.dial();
    const id = caller.conversationId;
    await harness.clock.advance(89_000);
    await harness.sends(caller, Buffer.alloc(320));
    await harness.clock.advance(89_000);
    expect(harness.session.describe().state).toBe('listening');
    harness.legs.of('mic').lastWords = [{ text: 'Goodbye.' }];
    await harness.clock.advance(1000);
    expect(await caller.closed).toEqual({ code: 1001, reason: 'idle' });
    expect(caller.texts).toEqual(['Goodbye.']);
    await harness.quiet();
    // It may come back.
    expect(harness.store.records.get(id)!.status).toBe('in_progress');
    expect(harness.links.requests).toEqual([]);
  });

  it('of which the connection is dead ends, even if silence is allowed for longer', async () => {
    await harness.stop();
    harness = await ListenHarness.start({ inactivityMs: 3_600_000 });
    const caller = await harness.dial();
    await harness.clock.advance(300_000);
    expect(await caller.closed).toEqual({ code: 1001, reason: 'nothing was received' });
  });

  it('does not take bad messages for a sign of life', async () => {
    const caller = await harness.dial();
    await harness.clock.advance(60_000);
    caller.send('{"type":"nonsense"}');
    await caller.next('error');
    await harness.clock.advance(30_000);
    expect(await caller.closed).toEqual({ code: 1001, reason: 'idle' });
  });

  it.each([
    ['nonsense', 'invalid_message', 'The text frame is not JSON'],
    [
      '{"type":"nonsense"}',
      'unknown_message',
      'Unknown message type; there are speaker_assigned, pause, resume, ping, end',
    ],
    [
      '{"type":"speaker_assigned"}',
      'invalid_message',
      expect.stringContaining('segment_ids: allowed are up to 200 ids'),
    ],
  ])('goes on after %s', async (text, code, message) => {
    const caller = await harness.dial();
    await harness.sends(caller, text);
    expect(caller.events.at(-2)).toEqual({ type: 'error', code, message, retryable: false });
  });

  it('ends with 1003 when there are only bad messages, or a frame is of no leg', async () => {
    const caller = await harness.dial();
    for (let sent = 0; sent < 50; sent++) caller.send('nonsense');
    expect(await caller.closed).toEqual({ code: 1003, reason: 'protocol' });
    const other = await harness.dial('?channels=2');
    await harness.sends(other, Buffer.of(1, 0, 0), Buffer.of(9, 9));
    other.socket.send(Buffer.of(3, 0, 0));
    expect(await other.closed).toEqual({ code: 1003, reason: 'protocol' });
  });

  it('that is hung up has ended its conversation', async () => {
    const caller = await harness.dial();
    harness.legs.of('mic').says('Hello.', 0);
    await harness.catchUp(caller);
    await caller.hangUp(1000);
    await harness.quiet();
    expect(harness.links.requests.map(({ conversationId }) => conversationId)).toEqual([caller.conversationId]);
  });

  it.each(['drain', 'shutdown'] as const)('is closed with 1012 at a %s, and the conversation waits', async (kind) => {
    const caller = await harness.dial('?channels=2');
    harness.legs.of('mic').says('Hello.', 0);
    void harness.session.close(kind);
    expect(await caller.closed).toEqual({ code: 1012, reason: kind });
    expect(caller.texts).toEqual(['Hello.']);
    await harness.quiet();
    expect(harness.store.records.get(caller.conversationId)!.status).toBe('in_progress');
    expect(harness.links.requests).toEqual([]);
  });

  it('ends once, and with the disconnect if something else ends at the same time', async () => {
    const ends: string[] = [];
    harness.events.on('listen.ended', ({ reason }) => ends.push(reason));
    const caller = await harness.dial();
    // The keepalive fails as the connection is lost.
    const [session] = harness.sessions;
    const broken = new Error('the socket is gone');
    Object.assign(Reflect.get(session!, 'client') as object, {
      ping: () => {
        Reflect.get(session!, 'client').listener.onClosed(1006);
        throw broken;
      },
    });
    await harness.clock.advance(10_000);
    await harness.quiet();
    expect(ends).toEqual(['lost']);
    await caller.lose();
  });

  it('ends with 1011 when one of its tasks fails', async () => {
    const caller = await harness.dial();
    const [session] = harness.sessions;
    Object.assign(Reflect.get(session!, 'client') as object, {
      ping: () => {
        throw new Error('a bug');
      },
    });
    await harness.clock.advance(10_000);
    expect(await caller.closed).toEqual({ code: 1011, reason: 'error' });
    await harness.quiet();
    expect(harness.logged).toContain('Task keepalive failed: a bug');
  });

  it('of which a recogniser never finishes is no ghost: what is there is stored, and everything given back', async () => {
    const caller = await harness.dial('?channels=2');
    const id = caller.conversationId;
    harness.legs.of('mic').says('Hello.', 0);
    harness.legs.hangs = true;
    await caller.lose();
    await harness.clock.advance(0);
    while (harness.session.describe().state !== 'ending') await harness.clock.advance(1);
    await harness.clock.advance(29_000);
    expect([harness.active, harness.registry.active, harness.released]).toEqual([1, 1, 0]);
    await harness.clock.advance(7000);
    await harness.clock.advance(1);
    expect([harness.active, harness.registry.active, harness.released]).toEqual([0, 0, 1]);
    expect(harness.logged).toContain('Task finish did not stop within 5000 ms');
    expect(harness.logged).toContain('Listening ended (lost) after 1 segments; leaked finish');
    expect(harness.legs.opened.every(({ isClosed }) => isClosed)).toBe(true);
    expect(harness.links.newest.isClosed).toBe(true);
    // Whoever looks for what is to be processed finds it.
    expect(harness.store.noted).toMatchObject([
      { id, status: 'processing', listened: { segments: [{ text: 'Hello.' }] } },
    ]);
  });

  it('says how it is doing', async () => {
    const caller = await harness.dial('?channels=2');
    harness.legs.of('mic').says('Hello.', 0);
    expect(harness.session.describe()).toMatchObject({
      session_id: harness.session.id,
      kind: 'listen',
      tenant: 'acme',
      turns: 1,
      state: 'listening',
      active_tasks: {
        receive: 'running',
        activity: 'running',
        keepalive: 'running',
        lifecycle: 'running',
        segments: 'running',
        start: 'completed',
      },
    });
    await caller.hangUp();
  });
});
