import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { DroppedAudio } from '../audio/source-queues.js';
import { ManualClock } from '../kernel/clock.js';
import { GapReport } from './gap-report.js';

function setUp() {
  const clock = new ManualClock();
  const told: DroppedAudio[] = [];
  return { clock, told, report: new GapReport(clock, (lost) => told.push(lost)) };
}
const lost = (fromMs: number, toMs: number, reason: DroppedAudio['reason'] = 'queue_full'): DroppedAudio => ({
  source: 'mic',
  reason,
  fromMs,
  toMs,
});

describe('what a client hears of lost audio', () => {
  it('is the first frame at once, and the rest together twice a second', async () => {
    const { clock, told, report } = setUp();
    for (let frame = 0; frame < 100; frame++) {
      report.note(lost(frame * 20, frame * 20 + 20));
      await clock.advance(20);
    }
    await clock.advance(1000);
    expect(told).toEqual([lost(0, 20), lost(20, 500), lost(500, 1000), lost(1000, 1500), lost(1500, 2000)]);
    expect(clock.pending).toBe(0);
  });

  it('is never two gaps in one, nor two reasons', async () => {
    const { told, report } = setUp();
    report.note(lost(0, 20));
    report.note(lost(20, 40));
    report.note(lost(60, 80));
    report.note(lost(80, 100, 'overload'));
    report.close();
    expect(told).toEqual([lost(0, 20), lost(20, 40), lost(60, 80), lost(80, 100, 'overload')]);
  });

  it('covers exactly what was lost, in order', async () => {
    const steps = fc.array(
      fc.record({
        skippedMs: fc.constantFrom(0, 0, 0, 20),
        reason: fc.constantFrom('queue_full' as const, 'overload' as const),
        waitMs: fc.constantFrom(0, 20, 700),
      }),
      { maxLength: 40 },
    );
    await fc.assert(
      fc.asyncProperty(steps, async (script) => {
        const { clock, told, report } = setUp();
        const frames: string[] = [];
        let atMs = 0;
        for (const { skippedMs, reason, waitMs } of script) {
          atMs += skippedMs;
          frames.push(`${atMs} ${reason}`);
          report.note(lost(atMs, (atMs += 20), reason));
          await clock.advance(waitMs);
        }
        report.close();
        const covered = told.flatMap(({ fromMs, toMs, reason }) =>
          Array.from({ length: (toMs - fromMs) / 20 }, (_, index) => `${fromMs + index * 20} ${reason}`),
        );
        expect(covered).toEqual(frames);
        expect(clock.pending).toBe(0);
      }),
    );
  });
});
