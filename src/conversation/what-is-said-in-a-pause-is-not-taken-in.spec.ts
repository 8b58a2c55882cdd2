import { describe, expect, it } from '@jest/globals';
import { ManualClock } from '../kernel/clock.js';
import { MemoryKeyValueStore } from '../state/store/memory-key-value-store.js';
import { ResumeTicket } from './resume/resume-store.js';
import { ConversationHarness } from './testing/conversation-harness.js';

describe('a session that is paused', () => {
  it('takes in nothing of the caller until it goes on', async () => {
    const harness = await ConversationHarness.start({ recordedMs: 10_000 });
    await harness.say('what is my balance');
    await harness.until('generation_complete');
    const asked = harness.llm.requests.length;

    harness.pipeline.pause();
    harness.pipeline.pause();
    const from = harness.wire.types.length;
    // If it were listened to, it would be heard.
    await harness.speak(1000);
    harness.pipeline.pushText('4242 4242 4242 4242');
    for (const digit of '4242#') harness.pipeline.pushDtmf(digit);
    await harness.quiet(30_000);
    expect(harness.pipeline.describe().state).toBe('PAUSED');
    expect(harness.llm.requests).toHaveLength(asked);
    expect(harness.wire.types.slice(from)).toEqual([]);

    harness.pipeline.resume();
    await harness.say('goodbye');
    await harness.until('transcription_finished', ({ text }) => text !== 'what is my balance');
    expect(harness.wire.types.filter((type) => type === 'paused' || type === 'resumed')).toEqual(['paused', 'resumed']);
    await harness.hangUp();
    expect(JSON.stringify([harness.llm.requests, harness.records])).not.toContain('4242');
    const during = harness.pieces.filter(({ startMs }) => startMs >= 10_000 && startMs < 30_000);
    expect(during.length).toBeGreaterThan(0);
    for (const { caller } of during)
      for (let block = 0; block * caller.blockSamples < caller.length; block++)
        expect(caller.block(block)?.some((sample) => sample !== 0) ?? false).toBe(false);
  });

  it('does not wonder why the caller is silent', async () => {
    const harness = await ConversationHarness.start();
    await harness.say('what is my balance');
    await harness.until('generation_complete');
    harness.pipeline.pause();
    await harness.quiet(120_000);
    expect(harness.wire.events('generation_started')).toHaveLength(1);
    harness.pipeline.resume();
    await harness.until('generation_started', () => true, 1);
    await harness.hangUp();
  });

  it.each(['lost', 'killed'])('still is when its connection was %s and the caller comes back', async (how) => {
    const clock = new ManualClock();
    const options = { clock, store: new MemoryKeyValueStore(clock), resumable: true, recordedMs: 10_000 };
    const before = await ConversationHarness.start(options);
    await before.say('what is my balance');
    await before.until('generation_complete');
    before.pipeline.pause();
    await clock.advance(0);
    const token = before.wire.events('session_started')[0]!.resume_token!;
    const close = async (): Promise<void> => {
      const closed = before.pipeline.close('lost');
      await clock.advance(0);
      await closed;
    };
    if (how === 'lost') await close();
    const ticket = new ResumeTicket('acme');
    const snapshot = await before.resume.take(new ResumeTicket('acme', token), ticket);
    if (how === 'killed') await close();

    const harness = await ConversationHarness.start({ ...options, resumed: { snapshot: snapshot!, ticket } });
    expect(harness.wire.types.slice(0, 2)).toEqual(['session_started', 'paused']);
    await harness.until('generation_complete');
    const asked = harness.llm.requests.length;
    await harness.speak(1000);
    harness.pipeline.pushText('4242 4242 4242 4242');
    await harness.quiet(30_000);
    expect(harness.pipeline.describe().state).toBe('PAUSED');
    expect(harness.llm.requests).toHaveLength(asked);
    expect(harness.pieces.length).toBeGreaterThan(0);
    for (const { caller } of harness.pieces)
      for (let block = 0; block * caller.blockSamples < caller.length; block++)
        expect(caller.block(block)?.some((sample) => sample !== 0) ?? false).toBe(false);

    harness.pipeline.resume();
    await harness.say('goodbye');
    await harness.until('transcription_finished', ({ text }) => text === 'goodbye');
    await harness.hangUp();
    expect(JSON.stringify([harness.llm.requests, harness.records])).not.toContain('4242');
  });
});
