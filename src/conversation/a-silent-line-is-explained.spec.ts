import { describe, expect, it } from '@jest/globals';
import { ConversationHarness, nothingLeft } from './testing/conversation-harness.js';
import { testAgent } from './testing/test-agent.js';
import { testTool } from './testing/test-tool.js';

const FILLER_AFTER_MS = 1800;
const FIRST_SOUND_MS = 2500;
const LOOK_EVERY_MS = 200;
const PLAYOUT_LEAD_MS = 200;
const patient = [testAgent({ waiting: ['One moment.', 'Still looking, {{ agent.name }}.'], tools: ['look_up'] })];

function said(call: ConversationHarness): string[] {
  return call.wire.events('text_stream_stop').map(({ text }) => text);
}

describe('a caller who hears nothing', () => {
  it('is told so while the model thinks, and then gets the answer', async () => {
    const call = await ConversationHarness.start({ agents: patient });
    call.llm.reply({ text: 'Here it is.', afterMs: 9000 });
    call.pipeline.pushText('where is it');
    await call.quiet(FILLER_AFTER_MS - LOOK_EVERY_MS);
    expect(said(call)).toEqual([]);
    await call.quiet(2 * LOOK_EVERY_MS);
    expect(said(call)).toEqual(['One moment.']);
    expect(call.wire.events('audio_stream_start')).toHaveLength(1);
    await call.until('generation_complete');
    const [first, ...others] = said(call);
    expect([first, others.at(-1)]).toEqual(['One moment.', 'Here it is.']);
    expect(others.slice(0, -1)).toEqual(
      ['Still looking, desk.', 'Still looking, desk.', 'Still looking, desk.'].slice(0, others.length - 1),
    );
    expect(others.length).toBeGreaterThan(1);
    // It was never part of the conversation.
    expect(await call.told()).toEqual([
      { role: 'user', content: 'where is it' },
      { role: 'assistant', content: 'Here it is.' },
    ]);
    await call.hangUp();
    expect(await call.left()).toEqual(nothingLeft);
  });

  it('is told so while a tool runs, once what was said before has been heard', async () => {
    let done: () => void = () => undefined;
    const lookUp = testTool('look_up', () => new Promise((resolve) => (done = () => resolve({ result: 'found' }))));
    const call = await ConversationHarness.start({ agents: patient, tools: [lookUp] });
    call.llm.reply('Let me see. ', { tool: 'look_up' }).reply('It is here.');
    call.pipeline.pushText('where is it');
    await call.until('text_stream_stop', ({ text }) => text === 'One moment.');
    expect(said(call)).toEqual(['Let me see. ', 'One moment.']);
    const frames = call.wire.log.filter(({ kind }) => kind === 'audio');
    const toldAt = call.wire.timeOf('text_stream_stop', ({ text }) => text === 'One moment.')!;
    const heardUntil = frames.findLast(({ at }) => at < toldAt)!.at + PLAYOUT_LEAD_MS;
    expect(toldAt - heardUntil).toBeGreaterThan(FILLER_AFTER_MS - LOOK_EVERY_MS - PLAYOUT_LEAD_MS);
    expect(toldAt - heardUntil).toBeLessThanOrEqual(FILLER_AFTER_MS + LOOK_EVERY_MS);
    done();
    await call.until('generation_complete');
    expect(said(call)).toEqual(['Let me see. ', 'One moment.', 'It is here.']);
    await call.hangUp();
  });

  it('is told so while the recogniser takes its time', async () => {
    const call = await ConversationHarness.start({ agents: patient });
    call.stt.hears({ text: 'where is it', afterMs: 4000 });
    await call.speak(600);
    await call.until('speech_stopped');
    await call.until('text_stream_stop');
    expect(said(call)).toEqual(['One moment.']);
    await call.until('generation_complete', ({ outcome }) => outcome === 'completed', 1);
    expect(said(call).at(-1)).toBe('All right.');
    await call.hangUp();
  });

  it('is told nothing when the answer comes in time, speaks, or was noise', async () => {
    const call = await ConversationHarness.start({ agents: patient });
    await call.ask('hello');
    await call.quiet(3 * FILLER_AFTER_MS);
    await call.say('');
    await call.quiet(3 * FILLER_AFTER_MS);
    await call.speak(3 * FILLER_AFTER_MS);
    expect(said(call)).toEqual(['All right.']);
    await call.hangUp();
    expect(await call.left()).toEqual(nothingLeft);
  });

  it('is told nothing that would come after what they wait for', async () => {
    const call = await ConversationHarness.start({ agents: patient, tts: { firstChunkAfterMs: 4000 } });
    call.llm.reply({ text: 'Here it is. And more.', afterMs: 500 }, { stall: true });
    call.pipeline.pushText('where is it');
    await call.quiet(4000);
    expect(said(call)).toEqual([]);
    await call.hangUp();
    expect(await call.left()).toEqual(nothingLeft);
  });

  it('is told at the moment when the time is over, in what is left of it until they must hear something', async () => {
    const call = await ConversationHarness.start({ agents: patient });
    call.llm.reply({ text: 'Here it is.', afterMs: 2150 });
    call.pipeline.pushText('where is it');
    const askedAt = call.clock.now();
    await call.quiet(FILLER_AFTER_MS);
    expect(call.tts.requests).toMatchObject([{ text: 'One moment.', audibleBy: askedAt + FIRST_SOUND_MS }]);
    await call.until('generation_complete');
    // Who hears something does not wait.
    expect(call.tts.requests).toHaveLength(2);
    expect(call.tts.requests[1]).not.toHaveProperty('audibleBy');
    await call.hangUp();
  });

  it('has waited since they called, when the agent speaks first', async () => {
    const greeting = { text: 'Good morning.', interruptible: true };
    const call = await ConversationHarness.start({ agents: [testAgent({ greeting })] });
    expect(call.tts.requests).toMatchObject([{ text: 'Good morning.', audibleBy: FIRST_SOUND_MS }]);
    await call.until('generation_complete');
    await call.hangUp();
    expect(await call.left()).toEqual(nothingLeft);
  });

  it('is greeted while the recogniser is still made ready, and heard from the first word on', async () => {
    const greeting = { text: 'Good morning.', interruptible: true };
    const call = new ConversationHarness({ agents: [testAgent({ greeting })] });
    await call.speech.start(new AbortController().signal);
    let ready: () => void = () => undefined;
    call.stream.preparing = new Promise((resolve) => (ready = resolve));
    await call.start();
    expect(call.wire.audioMs).toBeGreaterThan(0);
    call.stt.hears('hello');
    await call.speak(600);
    expect(call.wire.events('speech_started')).toEqual([]);
    ready();
    await call.quiet(600);
    await call.until('transcription_finished');
    expect(call.wire.events('transcription_finished')).toMatchObject([{ text: 'hello' }]);
    await call.hangUp();
    expect(await call.left()).toEqual(nothingLeft);
  });

  it('can cut into it', async () => {
    const call = await ConversationHarness.start({ agents: patient });
    call.llm.reply({ stall: true });
    call.pipeline.pushText('where is it');
    await call.until('audio_stream_start');
    call.pipeline.pushText('never mind');
    await call.until('generation_complete', ({ outcome }) => outcome === 'completed');
    expect(said(call)).toEqual(['One moment.', 'All right.']);
    expect(await call.told()).toEqual([
      { role: 'user', content: 'where is it' },
      { role: 'user', content: 'never mind' },
      { role: 'assistant', content: 'All right.' },
    ]);
    await call.hangUp();
  });
});
