import { describe, expect, it } from '@jest/globals';
import { ManualClock } from '../kernel/clock.js';
import { DropLog } from './drop-log.js';
import type { AudioSource, DropReason } from './source-queues.js';

function setUp() {
  const clock = new ManualClock();
  const lines: string[] = [];
  const log = new DropLog(clock, (line) => lines.push(line));
  const drop = (source: AudioSource, reason: DropReason = 'queue_full'): void =>
    log.note({ source, reason, fromMs: 0, toMs: 20 });
  return { clock, lines, log, drop };
}

describe('the log of lost audio', () => {
  it('has one line at once, then one in 5 s for as long as audio is lost', async () => {
    const { clock, lines, drop } = setUp();
    for (let i = 0; i < 600; i++) {
      drop('mic');
      await clock.advance(20);
    }
    expect(lines).toEqual([
      'Lost 20 ms of mic audio: its queue was full',
      'Lost 4980 ms of mic audio: its queue was full',
      'Lost 5000 ms of mic audio: its queue was full',
    ]);
    await clock.advance(20_000);
    expect(lines).toHaveLength(4);
    expect(clock.pending).toBe(0);
    drop('mic');
    expect(lines).toHaveLength(5);
  });

  it('has lines of its own for each source', () => {
    const { lines, drop } = setUp();
    drop('mic');
    drop('system', 'overload');
    drop('system', 'overload');
    expect(lines).toEqual([
      'Lost 20 ms of mic audio: its queue was full',
      'Lost 20 ms of system audio: the server is overloaded',
    ]);
  });

  it('says what it has not said yet when the session ends, and leaves no timer', () => {
    const { clock, lines, log, drop } = setUp();
    drop('mic');
    drop('mic');
    drop('system');
    log.close();
    log.close();
    expect(lines.slice(2)).toEqual(['Lost 20 ms of mic audio: its queue was full']);
    expect(clock.pending).toBe(0);
  });
});
