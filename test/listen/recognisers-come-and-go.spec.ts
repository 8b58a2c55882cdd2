import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { ParleyError } from '../../src/kernel/errors.js';
import { ListenHarness } from './support/listen-harness.js';
import { noRecogniser } from './support/scripted-legs.js';

const second = (): Buffer => Buffer.alloc(16_000, 1);

describe('without a recogniser', () => {
  let harness: ListenHarness;
  beforeEach(async () => {
    harness = await ListenHarness.start();
  });
  afterEach(() => harness.stop());

  it('a session goes on, says what is missing, and hears again when there is one', async () => {
    harness.legs.failures.push(...Array.from({ length: 4 }, noRecogniser));
    const caller = await harness.dial('?sample_rate=8000');
    expect(caller.statuses).toContain('stt_failed');
    let sent = 0;
    while (harness.legs.opened.length === 0) {
      await harness.clock.advance(1000);
      await harness.sends(caller, second());
      sent++;
    }
    await harness.settle(caller);
    expect(sent).toBeGreaterThan(8);
    const gaps = caller.events.flatMap((event) => (event.type === 'audio_dropped' ? [event] : []));
    const missing = gaps.reduce((sum, { from_ms, to_ms }) => sum + to_ms - from_ms, 0);
    expect(new Set(gaps.map(({ of, reason }) => `${of} ${reason}`))).toEqual(new Set(['transcript stt_failed']));
    const { written } = harness.legs.of('mic');
    const heard = written.reduce((sum, { pcm }) => sum + pcm.length / 8, 0);
    expect(heard + missing).toBe(sent * 1000);
    // The two seconds before are heard all the same.
    expect(heard).toBe(3000);
    expect(written[0]!.atMs).toBe(missing);
    expect(caller.statuses.at(-1)).toBe('stt_recovered');
    // The recording has all of it.
    await caller.hangUp(1000);
    await harness.quiet();
    expect(harness.links.newest.audio.reduce((sum, { pcm }) => sum + pcm.length / 8, 0)).toBe(sent * 1000);
  });

  it('or with one that fails later, the client knows it, and that it works again', async () => {
    const caller = await harness.dial('?channels=2');
    for (const source of ['mic', 'system'] as const)
      harness.legs.of(source).listener.onProblem(new ParleyError('stt_failed', 'none left', true));
    harness.legs.of('mic').listener.onGap(1000, 3000, 'stt_failed');
    harness.legs.of('mic').listener.onGap(3000, 4000, 'stt_failed');
    await harness.settle(caller);
    harness.legs.of('mic').listener.onRecovered?.();
    await harness.catchUp(caller);
    expect(caller.statuses.slice(4)).toEqual(['stt_failed']);
    harness.legs.of('system').listener.onRecovered?.();
    await harness.catchUp(caller);
    expect(caller.statuses.slice(4)).toEqual(['stt_failed', 'stt_recovered']);
    expect(caller.events.filter(({ type }) => type === 'audio_dropped')).toEqual([
      { type: 'audio_dropped', source: 'mic', of: 'transcript', from_ms: 1000, to_ms: 4000, reason: 'stt_failed' },
    ]);
    await harness.store.until(() => harness.store.records.get(caller.conversationId)?.listened?.gaps.length === 1);
  });

  it('a session that ends meanwhile ends at once', async () => {
    harness.legs.failures.push(...Array.from({ length: 100 }, noRecogniser));
    const caller = await harness.dial('?sample_rate=8000');
    await harness.sends(caller, second());
    const before = harness.clock.now();
    caller.send({ type: 'end' });
    await harness.quiet();
    expect(harness.clock.now() - before).toBeLessThan(1000);
  });
});
