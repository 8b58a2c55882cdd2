import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { ListenHarness } from './support/listen-harness.js';

const frame = (leg: number, value: number, ms = 20): Buffer => {
  const pcm = new Int16Array(ms * 8).fill(value);
  return Buffer.concat([Buffer.of(leg), Buffer.from(pcm.buffer)]);
};

describe('a call of two legs', () => {
  let harness: ListenHarness;
  beforeEach(async () => {
    harness = await ListenHarness.start();
  });
  afterEach(() => harness.stop());

  it('is shown as it is understood, and both sides in order of time', async () => {
    const caller = await harness.dial('?channels=2&sample_rate=8000');
    expect(caller.statuses).toEqual(['initiating', 'in_progress_conversations_processing', 'stt_initiating', 'ready']);
    harness.legs.of('system').says('My card was stolen.', 3000);
    harness.legs.of('mic').says('How can I help?', 500);
    await harness.settle(caller);
    expect(caller.transcript).toEqual([
      {
        id: expect.any(String),
        text: 'How can I help?',
        speaker: 'SPEAKER_00',
        speaker_id: 0,
        is_user: true,
        person_id: null,
        start: 0.5,
        end: 1.5,
      },
      {
        id: expect.any(String),
        text: 'My card was stolen.',
        speaker: 'SPEAKER_01',
        speaker_id: 1,
        is_user: false,
        person_id: null,
        start: 3,
        end: 4,
      },
    ]);
    harness.legs.of('mic').says('One moment.', 1600);
    await harness.settle(caller);
    expect(caller.texts).toEqual(['How can I help? One moment.', 'My card was stolen.']);
    await caller.hangUp();
  });

  it('tells of segments that have become one', async () => {
    const caller = await harness.dial('?channels=2');
    const mic = harness.legs.of('mic');
    mic.says('I will', 0);
    mic.says('your card.', 6000);
    await harness.settle(caller);
    const [first, second] = caller.transcript;
    mic.says('now block', 3000);
    await harness.settle(caller);
    expect(caller.transcript).toEqual([{ ...first, text: 'I will now block your card.', end: 7 }]);
    expect([...caller.deleted]).toEqual([second!.id]);
    await caller.hangUp();
  });

  it('is archived with both legs side by side', async () => {
    const caller = await harness.dial('?channels=2&sample_rate=8000');
    for (let sent = 0; sent < 100; sent++) {
      await harness.clock.advance(20);
      await harness.sends(caller, frame(1, 7), ...(sent >= 50 ? [frame(2, 9)] : []));
    }
    caller.send({ type: 'end' });
    await harness.quiet();
    const { audio } = harness.links.newest;
    const startMs = harness.clock.wallTime() - audio[0]!.startMs;
    expect(startMs).toBeGreaterThanOrEqual(2000);
    const all = audio.flatMap(({ pcm }) => [...pcm]);
    expect(all.filter((sample) => sample === 7)).toHaveLength(2000 * 8);
    expect(all.filter((sample) => sample === 9)).toHaveLength(1000 * 8);
    // The system leg began a second later.
    expect(all.findIndex((sample) => sample === 9)).toBe(1000 * 8 * 2 + 1);
    expect(new Set(audio.map(({ conversationId }) => conversationId)).size).toBe(1);
  });

  it('is stored, then handed over, once, when it has ended', async () => {
    const caller = await harness.dial('?channels=2&sample_rate=8000&language=en-GB&source=desk');
    const id = caller.conversationId;
    await harness.clock.advance(20);
    await harness.sends(caller, frame(1, 7), frame(2, 9));
    harness.legs.of('mic').says('My number is 4111 1111 1111 1111.', 0);
    await harness.settle(caller);
    expect(caller.texts).toEqual(['My number is [card].']);
    harness.legs.of('system').lastWords = [{ text: 'Goodbye.', startMs: 5000 }];
    caller.send({ type: 'end' });
    caller.send({ type: 'end' });
    await harness.quiet();
    expect(await caller.closed).toEqual({ code: 1000, reason: 'completed' });
    expect(caller.texts).toEqual(['My number is [card].', 'Goodbye.']);
    expect(harness.store.records.get(id)).toMatchObject({
      id,
      kind: 'listen',
      tenant: 'acme',
      status: 'processing',
      endReason: 'completed',
      entries: [],
      listened: { owner: harness.session.id, language: 'en-GB', source: 'desk', channels: 2, consent: 'unknown' },
    });
    expect(harness.store.said(id)).toEqual(['SPEAKER_00: My number is [card].', 'SPEAKER_01: Goodbye.']);
    expect(harness.links.requests).toEqual([
      {
        jobId: `process.${id}.1`,
        tenant: 'acme',
        conversationId: id,
        generation: 1,
        language: 'en-GB',
        traceparent: expect.stringMatching(/^00-[\da-f]{32}-[\da-f]{16}-01$/),
      },
    ]);
    expect(harness.links.newest.log).toEqual(['conversation', 'segments', 'audio', 'process', 'close']);
    expect(JSON.stringify(harness.links.newest.segments)).not.toContain('4111');
    expect(harness.logged.join('\n')).not.toMatch(/number|Goodbye|4111/);
    expect(caller.events.slice(-2).map(({ type }) => type)).toEqual([
      'conversation_session',
      'memory_processing_started',
    ]);
  });

  it('tells what became of a conversation', async () => {
    const caller = await harness.dial('?channels=2');
    const { listener } = harness.links.newest.options;
    const about = { jobId: 'j', conversationId: 'c' };
    listener.onResult({ ...about, outcome: 'processed', title: 'Stolen card', overview: 'It was blocked.' });
    listener.onResult({ ...about, outcome: 'discarded' });
    listener.onResult({ ...about, outcome: 'fenced' });
    listener.onResult({ ...about, outcome: 'failed', problem: 'no model' });
    await harness.catchUp(caller);
    const news = caller.events.filter(({ type }) => ['memory_created', 'error'].includes(type));
    expect(news).toEqual([
      {
        type: 'memory_created',
        memory: { id: 'c', structured: { title: 'Stolen card', overview: 'It was blocked.' } },
      },
      { type: 'memory_created', memory: { id: 'c', structured: { title: '', overview: '' } }, discarded: true },
      {
        type: 'error',
        code: 'processing_failed',
        message: 'The conversation could not be processed',
        retryable: false,
        conversation_id: 'c',
      },
    ]);
    await caller.hangUp();
  });

  it('tells when the pusher is away for long, and back', async () => {
    const caller = await harness.dial('?channels=2');
    const { listener } = harness.links.newest.options;
    for (const state of [
      'connected',
      'reconnect_backoff',
      'degraded',
      'half_open_probe',
      'degraded',
      'connected',
    ] as const)
      listener.onState(state);
    await harness.catchUp(caller);
    expect(caller.statuses.slice(4)).toEqual(['pusher_degraded', 'pusher_connected']);
    await caller.hangUp();
  });
});
