import { describe, expect, it } from '@jest/globals';
import { ConversationHarness, nothingLeft } from './testing/conversation-harness.js';
import { testAgent } from './testing/test-agent.js';
import { testTool } from './testing/test-tool.js';

const FILLER_AFTER_MS = 1800;
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
