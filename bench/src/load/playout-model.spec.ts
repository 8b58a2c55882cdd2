import { describe, expect, it } from '@jest/globals';
import { PlayoutModel } from './playout-model.ts';

describe('playout model', () => {
  it('reports a mark when the audio before it has been heard', () => {
    const playout = new PlayoutModel();
    playout.audio(100, 20);
    playout.audio(101, 20);
    playout.mark(102, 'first');
    playout.audio(103, 20);
    playout.mark(104, 'second');
    expect(playout.takeDue(139)).toEqual([]);
    expect(playout.takeDue(140)).toEqual(['first']);
    expect(playout.takeDue(200)).toEqual(['second']);
    expect(playout.takeDue(300)).toEqual([]);
  });

  it('starts anew after a pause, it does not catch up', () => {
    const playout = new PlayoutModel();
    playout.audio(0, 20);
    playout.audio(500, 20);
    expect(playout.playedOutAt).toBe(520);
  });

  it('reports all marks at once when it is cleared', () => {
    const playout = new PlayoutModel();
    playout.audio(0, 1000);
    playout.mark(1, 'a');
    playout.mark(1, 'b');
    expect(playout.clear(200)).toEqual(['a', 'b']);
    expect(playout.playedOutAt).toBe(200);
    expect(playout.takeDue(5000)).toEqual([]);
  });
});
