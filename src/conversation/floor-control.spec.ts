import { describe, expect, it } from '@jest/globals';
import { ManualClock } from '../kernel/clock.js';
import { FloorControl } from './floor-control.js';

function setUp(agent: { audible?: boolean; interruptible?: boolean } = {}) {
  const clock = new ManualClock();
  const log: string[] = [];
  const caller = { busy: false };
  const speaking = {
    audible: agent.audible ?? true,
    interruptible: agent.interruptible ?? true,
    held: false,
    hold: () => {
      speaking.held = true;
      log.push('hold');
    },
    resume: () => {
      speaking.held = false;
      log.push('resume');
    },
  };
  const floor = new FloorControl(clock, { falseBargeInMs: 2000 }, speaking, () => caller.busy);
  return { clock, log, caller, floor };
}

describe('FloorControl', () => {
  it('silences the agent once when the caller speaks, and lets it go on when no words follow', async () => {
    const { clock, log, floor } = setUp();
    floor.callerSpeaks(0);
    floor.callerSpeaks(0);
    expect(log).toEqual(['hold']);
    await clock.advance(1999);
    expect(log).toEqual(['hold']);
    await clock.advance(1);
    expect(log).toEqual(['hold', 'resume']);
    expect(clock.pending).toBe(0);
  });

  it('waits for as long as the caller speaks', async () => {
    const { clock, log, caller, floor } = setUp();
    caller.busy = true;
    floor.callerSpeaks(0);
    await clock.advance(5000);
    expect(log).toEqual(['hold']);
    caller.busy = false;
    await clock.advance(2000);
    expect(log).toEqual(['hold', 'resume']);
  });

  it('goes on at once after a noise or a backchannel', () => {
    const { clock, log, floor } = setUp();
    floor.callerSpeaks(0);
    floor.callerSaidNothing();
    expect(log).toEqual(['hold', 'resume']);
    expect(clock.pending).toBe(0);
  });

  it.each([{ audible: false }, { interruptible: false }])('leaves an agent alone that is %j', (agent) => {
    const { clock, log, floor } = setUp(agent);
    floor.callerSpeaks(0);
    expect(log).toEqual([]);
    expect(clock.pending).toBe(0);
  });
});
