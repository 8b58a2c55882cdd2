import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { ListenHarness } from './support/listen-harness.js';

describe('while the store is away', () => {
  let harness: ListenHarness;
  beforeEach(async () => {
    harness = await ListenHarness.start();
  });
  afterEach(() => harness.stop());

  it('the transcript goes on, and is stored as it is then once the store is back', async () => {
    const caller = await harness.dial();
    const id = caller.conversationId;
    harness.store.isDown = true;
    for (let minute = 0; minute < 10; minute++) {
      harness.legs.of('mic').says(`Minute ${minute}.`, minute * 60_000);
      await harness.pass(60_000, caller);
    }
    expect(caller.texts).toHaveLength(10);
    expect(caller.conversationId).toBe(id);
    expect(harness.store.said(id)).toEqual([]);
    const { writes } = harness.store;
    harness.store.isDown = false;
    await harness.pass(20_000, caller);
    expect(harness.store.said(id)).toHaveLength(10);
    expect(harness.store.writes - writes).toBeLessThanOrEqual(2);
    const about = harness.logged.filter((line) => line.includes('stored'));
    expect(about).toEqual([
      'The conversation cannot be stored: The store does not answer',
      'The conversation is stored again',
    ]);
  });

  it('nothing is handed over that is not stored; once it is, it is', async () => {
    const caller = await harness.dial();
    const first = caller.conversationId;
    harness.legs.of('mic').says('Hello.', 0);
    await harness.settle(caller);
    harness.store.isDown = true;
    await harness.pass(130_000, caller);
    expect(caller.conversationId).not.toBe(first);
    expect(harness.links.requests).toEqual([]);
    harness.store.isDown = false;
    await harness.pass(20_000, caller);
    expect(harness.links.requests.map(({ conversationId }) => conversationId)).toEqual([first]);
    expect(harness.store.records.get(first)!.status).toBe('processing');
  });

  it('a session that ends leaves what it has to the journal, to be processed later', async () => {
    const caller = await harness.dial('?channels=2');
    const id = caller.conversationId;
    await harness.store.until(() => harness.store.records.has(id));
    harness.store.isDown = true;
    harness.legs.of('mic').says('Hello.', 0);
    await harness.settle(caller);
    const endedAt = harness.clock.now();
    caller.send({ type: 'end' });
    await harness.quiet();
    expect(harness.clock.now() - endedAt).toBeLessThan(11_000);
    expect(await caller.closed).toEqual({ code: 1000, reason: 'completed' });
    expect(harness.store.noted).toMatchObject([
      { id, status: 'processing', endReason: 'completed', listened: { segments: [{ text: 'Hello.' }] } },
    ]);
    expect(harness.links.requests).toEqual([]);
  });

  it('from the start, a session begins all the same', async () => {
    harness.store.isDown = true;
    const caller = await harness.dial('?source=desk');
    harness.legs.of('mic').says('Hello.', 0);
    await harness.settle(caller);
    expect(caller.texts).toEqual(['Hello.']);
    harness.store.isDown = false;
    await harness.pass(20_000, caller);
    expect(harness.store.said(caller.conversationId)).toEqual(['SPEAKER_00: Hello.']);
  });
});
