import { describe, expect, it } from '@jest/globals';
import { History } from './history.js';
import { SpokenTimeline } from './spoken-timeline.js';

/** Two sentences of one second each, with the times of their words. */
function timeline(): SpokenTimeline {
  const spoken = new SpokenTimeline();
  spoken.begin('m1', 'Your card ends in 4242. ', 0);
  spoken.extend(1000, [
    { textOffset: 4, endMs: 250 },
    { textOffset: 9, endMs: 450 },
    { textOffset: 14, endMs: 600 },
    { textOffset: 17, endMs: 700 },
    { textOffset: 23, endMs: 1000 },
  ]);
  spoken.finish();
  spoken.begin('m1', 'Shall I block it?', 1000);
  spoken.extend(2000);
  spoken.finish();
  return spoken;
}

describe('what was heard', () => {
  it.each([
    [0, ''],
    [100, ''],
    [460, 'Your card'],
    [999, 'Your card ends in'],
    [1000, 'Your card ends in 4242.'],
    [1600, 'Your card ends in 4242. Shall I'],
    [5000, 'Your card ends in 4242. Shall I block it?'],
  ])('after %d ms is %j', (heardMs, text) => {
    expect(timeline().heard(heardMs).text).toBe(text);
  });

  it('is guessed, slowly, in a sentence that is still being made, without marks', () => {
    const spoken = new SpokenTimeline();
    spoken.begin('m1', 'One moment please.', 0);
    spoken.extend(1000);
    expect(spoken.heard(200).text).toBe('');
    expect(spoken.heard(300).text).toBe('One');
    expect(spoken.heard(1000).text).toBe('One moment');
  });
});

describe('History', () => {
  it('keeps of an interrupted answer what was heard, and drops messages of which nothing was', () => {
    const history = new History(4000);
    history.addUser('my card was stolen', false);
    history.addAssistant('gen_1', 'm1', 'Your card ends in 4242. Shall I block it?');
    history.addAssistant('gen_1', 'm2', 'And a new one?');
    history.truncate('gen_1', timeline().heard(1600).byMessage);
    expect(history.messages).toEqual([
      { role: 'user', content: 'my card was stolen' },
      { role: 'assistant', content: 'Your card ends in 4242. Shall I' },
    ]);
  });

  it('keeps tool calls with their results, and other generations as they are', () => {
    const history = new History(4000);
    const call = { callId: 'c1', name: 'block_card', arguments: '{}' };
    history.addAssistant('gen_1', 'm1', 'Done.');
    history.addAssistant('gen_2', 'm1', 'One moment.', [call]);
    history.addToolResult('gen_2', call, '{"ok":true}');
    history.truncate('gen_2', new Map());
    expect(history.messages).toEqual([
      { role: 'assistant', content: 'Done.' },
      { role: 'assistant', content: '', toolCalls: [call] },
      { role: 'tool', callId: 'c1', name: 'block_card', content: '{"ok":true}' },
    ]);
  });

  it('gives the newest messages that fit, never a tool result without its call', () => {
    const history = new History(40);
    const call = { callId: 'c1', name: 'get_balance', arguments: '{}' };
    history.addUser('hello '.repeat(30), false);
    history.addAssistant('gen_1', 'm1', '', [call]);
    history.addToolResult('gen_1', call, '{"balance":"one two three four"}');
    history.addAssistant('gen_1', 'm2', 'You have a lot of money.');
    history.addUser('thanks', false);
    const window = history.window();
    expect(window.at(-1)).toEqual({ role: 'user', content: 'thanks' });
    expect(window[0]?.role).not.toBe('tool');
    expect(window.length).toBeLessThan(5);
  });

  it('does not grow for ever', () => {
    const history = new History(200);
    for (let turn = 0; turn < 500; turn++) history.addUser(`this is turn number ${turn}`, false);
    expect(history.messages.length).toBeLessThan(60);
    expect(history.messages.at(-1)).toEqual({ role: 'user', content: 'this is turn number 499' });
  });
});
