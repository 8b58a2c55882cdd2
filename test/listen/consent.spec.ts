import { afterEach, describe, expect, it } from '@jest/globals';
import type { ListenConfig } from '../../src/config/listen.config.js';
import { ListenHarness } from './support/listen-harness.js';

describe('what is kept of a call', () => {
  let harness: ListenHarness;
  afterEach(() => harness.stop());

  it.each([
    ['denied', 'assumed', false],
    ['unknown', 'required', false],
    ['unknown', 'assumed', true],
    ['granted', 'required', true],
  ] as [string, ListenConfig['consent'], boolean][])(
    'with consent %s, where it is %s: %s',
    async (consent, setting, isKept) => {
      harness = await ListenHarness.start({ consent: setting });
      const caller = await harness.dial(`?consent=${consent}&source=desk&sample_rate=8000`);
      await harness.sends(caller, Buffer.alloc(1600, 1));
      harness.legs.of('mic').says('My card was stolen.', 0);
      await harness.settle(caller);
      expect(caller.texts).toEqual(['My card was stolen.']);
      await harness.pass(130_000, caller);
      caller.send({ type: 'end' });
      await harness.quiet();
      expect(harness.store.writes > 0).toBe(isKept);
      expect(harness.links.opened).toHaveLength(isKept ? 1 : 0);
      expect(harness.links.requests).toHaveLength(isKept ? 1 : 0);
      expect(caller.events.some(({ type }) => type === 'conversation_session')).toBe(isKept);
      expect(harness.store.noted).toEqual([]);
    },
  );

  it('is no audio, unless it is wanted', async () => {
    harness = await ListenHarness.start({ audio: 'off' });
    const caller = await harness.dial('?sample_rate=8000');
    await harness.sends(caller, Buffer.alloc(1600, 1));
    harness.legs.of('mic').says('My card was stolen.', 0);
    await harness.settle(caller);
    const { id } = caller.transcript[0]!;
    const person = { person_id: 'p1', person_name: 'Ann' };
    await harness.sends(caller, { type: 'speaker_assigned', segment_ids: [id], speaker_id: 0, ...person });
    caller.send({ type: 'end' });
    await harness.quiet();
    expect([harness.links.newest.audio, harness.links.newest.samples]).toEqual([[], []]);
    expect(harness.links.newest.log).toEqual(['conversation', 'segments', 'process', 'close']);
  });

  it('is nothing where no conversations are kept', async () => {
    harness = await ListenHarness.start();
    harness.store.enabled = false;
    const caller = await harness.dial('?sample_rate=8000');
    harness.legs.of('mic').says('My card was stolen.', 0);
    await harness.settle(caller);
    expect(caller.texts).toEqual(['My card was stolen.']);
    expect(harness.links.opened).toEqual([]);
  });
});
