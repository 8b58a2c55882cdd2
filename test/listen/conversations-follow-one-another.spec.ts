import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { ListenHarness } from './support/listen-harness.js';

describe('the conversations of a session', () => {
  let harness: ListenHarness;
  beforeEach(async () => {
    harness = await ListenHarness.start();
  });
  afterEach(() => harness.stop());

  it('are over after two minutes of silence, and the next one begins at once', async () => {
    const caller = await harness.dial();
    const first = caller.conversationId;
    await harness.pass(10_000, caller);
    harness.legs.of('mic').says('Hello.', 9000);
    await harness.pass(115_000, caller);
    expect(caller.conversationId).toBe(first);
    await harness.pass(10_000, caller);
    await caller.next('memory_processing_started');
    const second = caller.conversationId;
    expect(second).not.toBe(first);
    expect(harness.links.requests.map(({ conversationId }) => conversationId)).toEqual([first]);
    expect(harness.store.records.get(first)).toMatchObject({ status: 'processing', endReason: 'silence' });
    expect(harness.store.records.get(second)).toMatchObject({ status: 'in_progress' });
    // Times count from the beginning of the new one.
    const begun =
      Date.parse(harness.store.records.get(second)!.startedAt) -
      Date.parse(harness.store.records.get(first)!.startedAt);
    expect(begun).toBe(130_000);
    harness.legs.of('mic').says('Me again.', 135_500);
    await harness.settle(caller);
    expect((await caller.understands('Me again.')).start).toBe(5.5);
    const { segments } = harness.links.newest;
    expect(segments.map(({ conversationId }) => conversationId)).toEqual([first, second]);
  });

  it('are over although keepalives of a silent client come', async () => {
    const caller = await harness.dial();
    const first = caller.conversationId;
    harness.legs.of('mic').says('Hello.', 0);
    for (let keepalive = 0; keepalive < 25; keepalive++) {
      await harness.sends(caller, Buffer.alloc(320));
      await harness.clock.advance(5000);
    }
    await caller.next('memory_processing_started', ({ conversation_id }) => conversation_id === first);
  });

  it('are not over in the middle of what is being understood', async () => {
    const caller = await harness.dial();
    const first = caller.conversationId;
    harness.legs.of('mic').says('Hello.', 0);
    await harness.pass(115_000, caller);
    harness.legs.of('mic').listener.onSpeech?.(true, 115_000);
    await harness.pass(20_000, caller);
    expect(caller.conversationId).toBe(first);
    harness.legs.of('mic').listener.onSpeech?.(false, 134_000);
    harness.legs.of('mic').says('That was long.', 115_000, { endMs: 134_000 });
    await harness.pass(100_000, caller);
    expect(caller.conversationId).toBe(first);
  });

  it('begin with what was said when the one before was just taken for over', async () => {
    const caller = await harness.dial();
    const first = caller.conversationId;
    harness.legs.of('mic').says('Hello.', 0);
    await harness.pass(130_000, caller);
    const second = caller.conversationId;
    expect(second).not.toBe(first);
    const before = harness.store.records.get(second)!;
    harness.legs.of('mic').says('Wait!', 124_000);
    await harness.settle(caller);
    expect(await caller.understands('Wait!')).toMatchObject({ start: 0, end: 1 });
    await harness.store.until(() => harness.store.said(second).length === 1);
    const after = harness.store.records.get(second)!;
    expect(Date.parse(after.startedAt) - Date.parse(before.startedAt)).toBe(-1000);
  });

  it('leave nothing if nobody has spoken', async () => {
    const caller = await harness.dial();
    const first = caller.conversationId;
    await harness.pass(125_000, caller);
    await harness.store.until(() => harness.store.removed.includes(first));
    expect(caller.events).toContainEqual({
      type: 'conversation_session',
      conversation_id: first,
      status: 'discarded',
    });
    const second = caller.conversationId;
    caller.send({ type: 'end' });
    await harness.quiet();
    expect({ removed: harness.store.removed, silenced: harness.silenced }).toEqual({
      removed: [first, second],
      silenced: [first, second],
    });
    expect([harness.store.records.size, harness.links.requests]).toEqual([0, []]);
  });

  it('begin where the audio begins', async () => {
    const caller = await harness.dial('?sample_rate=8000');
    await harness.clock.advance(5000);
    await harness.sends(caller, Buffer.alloc(16_000));
    harness.legs.of('mic').says('Hello.', 4500);
    await harness.settle(caller);
    expect(await caller.understands('Hello.')).toMatchObject({ start: 0.5 });
    const { startedAt } = harness.store.records.get(caller.conversationId)!;
    expect(Date.parse(startedAt)).toBe(1_700_000_000_000 + 4000);
  });

  it('are written at least every half minute, so that nobody takes them for abandoned', async () => {
    const caller = await harness.dial('?conversation_timeout=-1');
    const id = caller.conversationId;
    for (let minute = 1; minute <= 10; minute++) {
      await harness.pass(60_000, caller);
      const ageMs = harness.clock.wallTime() - Date.parse(harness.store.records.get(id)!.updatedAt);
      expect(ageMs).toBeLessThanOrEqual(30_000);
    }
  });

  it('go on as another one when somebody has taken them for over', async () => {
    const caller = await harness.dial();
    const first = caller.conversationId;
    harness.legs.of('mic').says('Hello.', 0);
    await harness.settle(caller);
    await harness.store.until(() => harness.store.said(first).length === 1);
    harness.store.records.set(first, { ...harness.store.records.get(first)!, status: 'processing' });
    harness.legs.of('mic').says('Is anybody there?', 10_000);
    await harness.settle(caller);
    await caller.until(() => caller.conversationId !== first);
    await harness.store.until(() => harness.store.said(caller.conversationId).length === 1);
    expect(harness.store.said(caller.conversationId)).toEqual(['SPEAKER_00: Is anybody there?']);
    expect(harness.store.said(first)).toEqual(['SPEAKER_00: Hello.']);
    caller.send({ type: 'end' });
    await harness.quiet();
    expect(harness.links.requests.map(({ conversationId }) => conversationId)).toEqual([caller.conversationId]);
  });

  it('stay deleted, while the client goes on seeing what is said', async () => {
    const caller = await harness.dial();
    const first = caller.conversationId;
    await harness.store.until(() => harness.store.records.has(first));
    await harness.store.remove('acme', first);
    harness.legs.of('mic').says('Hello.', 0);
    await harness.settle(caller);
    await caller.understands('Hello.');
    harness.legs.of('mic').says('Is anybody there?', 10_000);
    await harness.settle(caller);
    await caller.understands('there?');
    caller.send({ type: 'end' });
    await harness.quiet();
    expect([harness.store.records.size, harness.store.noted, harness.links.requests]).toEqual([0, [], []]);
  });
});
