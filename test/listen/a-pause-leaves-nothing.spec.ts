import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
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
