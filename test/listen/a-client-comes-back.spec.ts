import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { ListenHarness } from './support/listen-harness.js';
import type { ListenCaller } from './support/listen-caller.js';

describe('a client that comes back', () => {
  let harness: ListenHarness;
  beforeEach(async () => {
    harness = await ListenHarness.start();
  });
  afterEach(() => harness.stop());

  async function says(caller: ListenCaller, text: string): Promise<void> {
    const nowMs = harness.session.describe().duration_ms;
    harness.legs.of('mic').says(text, nowMs, { endMs: nowMs + 500 });
    await harness.settle(caller);
    await caller.understands(text);
  }

  it('goes on with its conversation, with times that are true and the gap in between', async () => {
    const before = await harness.dial();
    const id = before.conversationId;
    await harness.clock.advance(10_000);
    await says(before, 'My card was stolen.');
    await before.lose();
    await harness.quiet();
    expect(harness.store.records.get(id)).toMatchObject({ status: 'in_progress', endReason: 'lost' });
    expect(harness.links.requests).toEqual([]);
    await harness.clock.advance(30_000);
    const caller = await harness.dial(`?conversation_id=${id.toUpperCase()}`);
    expect(caller.conversationId).toBe(id);
    // Who has forgotten what was said sees it again.
    expect(caller.texts).toEqual(['My card was stolen.']);
    await says(caller, 'Yesterday.');
    const [first, second] = caller.transcript;
    expect(second!.start - first!.start).toBeCloseTo(30.6 + 0.1, 0);
    expect(second!.speaker_id).toBe(first!.speaker_id);
    await harness.store.until(() => harness.store.said(id).length === 2);
    expect(harness.store.records.get(id)!.listened).toMatchObject({
      owner: harness.session.id,
      gaps: [{ of: 'audio', reason: 'disconnected', start: expect.any(Number) }],
    });
    const [gap] = harness.store.records.get(id)!.listened!.gaps;
    expect(gap!.end - gap!.start).toBeCloseTo(30, 0);
    expect(await caller.next('audio_dropped')).toMatchObject({ source: 'mic', of: 'audio', reason: 'disconnected' });
    caller.send({ type: 'end' });
    await harness.quiet();
    expect(harness.links.requests.map(({ jobId }) => jobId)).toEqual([`process.${id}.1`]);
    expect(harness.store.said(id)).toEqual(['SPEAKER_00: My card was stolen.', 'SPEAKER_00: Yesterday.']);
  });

  it('takes voices of another connection for others', async () => {
    const before = await harness.dial();
    const id = before.conversationId;
    harness.legs.of('mic').says('Hello.', 0, { speaker: 0, epoch: 1 });
    harness.legs.of('mic').says('Hello, too.', 2000, { speaker: 1, epoch: 1 });
    harness.legs.of('mic').says('Me again.', 4000, { speaker: 0, epoch: 2 });
    await harness.settle(before);
    expect(before.transcript.map(({ speaker }) => speaker)).toEqual(['SPEAKER_01', 'SPEAKER_02', 'SPEAKER_03']);
    await before.lose();
    await harness.quiet();
    const caller = await harness.dial(`?conversation_id=${id}`);
    harness.legs.of('mic').says('And me.', 4000, { speaker: 0, epoch: 1 });
    await harness.settle(caller);
    expect(await caller.understands('And me.')).toMatchObject({ speaker: 'SPEAKER_04' });
  });

  it('takes the conversation over from the connection that still seems to live', async () => {
    const before = await harness.dial();
    const id = before.conversationId;
    harness.legs.of('mic').lastWords = [{ text: 'My card was stolen.', startMs: 0 }];
    const caller = await harness.dial(`?conversation_id=${id}`);
    expect(await before.closed).toEqual({ code: 1008, reason: 'taken_over' });
    expect(caller.conversationId).toBe(id);
    // What the one before had not yet understood is there.
    expect(caller.texts).toEqual(['My card was stolen.']);
    await says(caller, 'Yesterday.');
    await harness.store.until(() => harness.store.said(id).length === 1);
    expect(harness.store.records.get(id)).toMatchObject({
      status: 'in_progress',
      listened: { owner: harness.session.id },
    });
    expect(harness.links.requests).toEqual([]);
  });

  it('leaves a live call of the same device alone if it cannot go on with it', async () => {
    const call = await harness.dial('?source=dev1&channels=2');
    const id = call.conversationId;
    await harness.store.until(() => harness.store.records.has(id));
    const microphone = await harness.dial('?source=dev1');
    expect(microphone.conversationId).not.toBe(id);
    await harness.clock.advance(1000);
    expect(harness.store.records.get(id)).toMatchObject({ status: 'in_progress' });
    expect([harness.store.removed, harness.links.requests]).toEqual([[], []]);
  });

  it('loses the conversation to another replica at its next write', async () => {
    const caller = await harness.dial();
    const id = caller.conversationId;
    await harness.store.until(() => harness.store.records.has(id));
    const record = harness.store.records.get(id)!;
    harness.store.records.set(id, { ...record, listened: { ...record.listened!, owner: 'another' } });
    harness.legs.of('mic').says('Hello.', 0);
    await harness.clock.advance(600);
    expect(await caller.closed).toEqual({ code: 1008, reason: 'taken_over' });
    await harness.quiet();
    expect(harness.store.records.get(id)!.listened).toMatchObject({ owner: 'another', segments: [] });
    expect([harness.store.noted, harness.links.requests]).toEqual([[], []]);
  });

  it('begins anew when it was away for too long, and what it said before is processed', async () => {
    const before = await harness.dial();
    const id = before.conversationId;
    await says(before, 'Hello.');
    await before.lose();
    await harness.quiet();
    await harness.clock.advance(121_000);
    const caller = await harness.dial(`?conversation_id=${id}`);
    await caller.next('memory_processing_started', ({ conversation_id }) => conversation_id === id);
    expect(caller.conversationId).not.toBe(id);
    expect(caller.texts).toEqual([]);
    expect(harness.links.requests.map(({ jobId }) => jobId)).toEqual([`process.${id}.1`]);
    expect(harness.store.records.get(id)).toMatchObject({ status: 'processing', endReason: 'lost' });
  });

  it('is known by its device; two devices of one user share nothing, nor do two users', async () => {
    const desk = await harness.dial('?source=desk');
    const phone = await harness.dial('?source=phone');
    const nobody = await harness.dial();
    const ids = [desk, phone, nobody].map(({ conversationId }) => conversationId);
    expect(new Set(ids).size).toBe(3);
    for (const caller of [desk, phone, nobody]) await caller.lose();
    await harness.quiet();
    const again = await harness.dial('?source=phone');
    expect(again.conversationId).toBe(ids[1]);
    expect((await harness.dial()).conversationId).not.toBe(ids[2]);
    harness.caller = { ...harness.caller, subject: 'desk-2' };
    expect((await harness.dial('?source=desk')).conversationId).not.toBe(ids[0]);
    harness.caller = { subject: 'desk-1', tenant: 'other', role: 'caller' };
    expect((await harness.dial('?source=desk')).conversationId).not.toBe(ids[0]);
    expect((await harness.dial(`?conversation_id=${ids[0]}`)).conversationId).not.toBe(ids[0]);
  });

  it('hands over what the same device has left behind', async () => {
    const ids: string[] = [];
    harness.forgets = true;
    for (const [source, text] of [
      ['desk', 'One.'],
      ['desk', ''],
      ['phone', 'Two.'],
    ] as const) {
      const caller = await harness.dial(`?source=${source}`);
      ids.push(caller.conversationId);
      if (text) await says(caller, text);
      await caller.lose();
      await harness.quiet();
      await harness.clock.advance(200_000);
    }
    const caller = await harness.dial('?source=desk');
    await harness.clock.advance(7000);
    await harness.store.until(() => harness.store.records.get(ids[0]!)!.status === 'processing');
    await caller.next('memory_processing_started');
    await harness.catchUp(caller);
    expect(harness.links.requests.map(({ conversationId }) => conversationId)).toEqual([ids[0]]);
    expect(harness.store.removed).toEqual([ids[1]]);
    expect(harness.store.records.get(ids[2]!)!.status).toBe('in_progress');
  });

  it('of which the other side was hung up has nothing to come back to', async () => {
    const before = await harness.dial('?channels=2');
    const id = before.conversationId;
    await says(before, 'Hello.');
    await before.lose();
    await harness.quiet();
    expect(harness.links.requests.map(({ conversationId }) => conversationId)).toEqual([id]);
    expect((await harness.dial(`?channels=2&conversation_id=${id}`)).conversationId).not.toBe(id);
  });

  it('begins anew when there is no such conversation, or nobody can tell', async () => {
    const id = '0f8fad5b-d9cb-469f-a165-70867728950e';
    expect((await harness.dial(`?conversation_id=${id}`)).conversationId).not.toBe(id);
    harness.store.isDown = true;
    const caller = await harness.dial(`?conversation_id=${id}`);
    expect(caller.conversationId).not.toBe(id);
    expect(harness.logged).toContainEqual(expect.stringContaining('There may be a conversation to go on with'));
    harness.store.isDown = false;
  });
});
