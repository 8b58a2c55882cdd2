import { describe, expect, it } from '@jest/globals';
import { noCounts } from '../load/measurements.ts';
import type { LoadReport } from '../load/protocol.ts';
import { betterOf, figuresOf, kneeOf, type RawFigures } from './figures.ts';

const MB = 1_048_576;
const reading = { windowMs: 10_000, cpuMs: 0, loopDelayMs: { p50: 0, p99: 1, max: 2 }, rssBytes: 0, heapUsedBytes: 0 };

const report: LoadReport = {
  windowMs: 10_000,
  cpuMs: 1000,
  counts: { ...noCounts(), framesSent: 5000, framesReceived: 5000, turns: 10 },
  voiceToVoice: Float64Array.of(50, 60),
  bargeIn: Float64Array.of(22),
  gap: Float64Array.of(0, 0, 1),
  roundTrip: new Float64Array(0),
  lateness: Float64Array.of(0.5, 1),
  closed: {},
  closedAfterMs: new Float64Array(0),
  open: 10,
};

const raw: RawFigures = {
  row: 'a server',
  rate: 8000,
  scenario: 'talking',
  calls: 10,
  echoes: false,
  startUpMs: 500,
  base: { ...reading, rssBytes: 100 * MB },
  idleCpuPercent: 0.5,
  server: { ...reading, cpuMs: 800, rssBytes: 110 * MB },
  pressure: null,
  load: [report],
};

describe('figures', () => {
  it('are per call, in percent of a core and in megabytes', () => {
    expect(figuresOf(raw)).toMatchObject({
      cpuPercent: 8,
      cpuPercentPerCall: 0.8,
      memoryBaseMb: 100,
      memoryPerCallMb: 1,
      notes: [],
    });
  });

  it('are divided by the calls that are open, those of others too', () => {
    const half = [{ ...report, open: 4 }];
    expect(figuresOf({ ...raw, load: half })).toMatchObject({ cpuPercentPerCall: 2, memoryPerCallMb: 2.5 });
    expect(figuresOf({ ...raw, load: half, otherCalls: 4 }).cpuPercentPerCall).toBe(1);
    expect(figuresOf({ ...raw, load: [{ ...report, open: 0 }] }).cpuPercentPerCall).toBeNull();
  });

  it('say when the load generator may have been the one that was slow', () => {
    const { notes } = figuresOf({ ...raw, load: [{ ...report, cpuMs: 9000 }] });
    expect(notes).toEqual(['load generator at its limit']);
  });

  it('say what went wrong', () => {
    const counts = { ...report.counts, unanswered: 2, uncleared: 1, framesStale: 3 };
    const pressure = { level: 'DEGRADED', dropped: 4, wentTo: ['DEGRADED'] };
    const { notes } = figuresOf({ ...raw, pressure, load: [{ ...report, open: 9, counts }] });
    expect(notes).toEqual([
      '1 calls lost',
      '2 turns unanswered',
      '1 barge-ins without a clear in time',
      '3 frames after a clear',
      'level DEGRADED',
      '4 frames of callers dropped',
    ]);
  });

  it('do not count the echo that is still on its way as dropped', () => {
    const counts = { ...report.counts, framesReceived: 4985 };
    expect(figuresOf({ ...raw, echoes: true, load: [{ ...report, counts }] }).framesDropped).toBe(5);
  });
});

describe('knee', () => {
  const good = figuresOf(raw);

  it('is not reached while everything holds', () => {
    expect(kneeOf(good, good)).toBeNull();
  });

  it.each([
    ['a full core', { ...raw, server: { ...raw.server, cpuMs: 9600 } }, '96 % of a core'],
    ['late audio', { ...raw, load: [{ ...report, gap: Float64Array.of(0, 30) }] }, 'egress gap p99 30 ms'],
    [
      'slow answers',
      { ...raw, load: [{ ...report, voiceToVoice: Float64Array.of(50, 130) }] },
      'voice-to-voice p95 130 ms, more than twice that of 10 calls',
    ],
  ])('is %s', (_, figures, why) => {
    expect(kneeOf(figuresOf(figures), good)).toBe(why);
  });

  it('says what slow answers are compared with', () => {
    const slow = figuresOf({ ...raw, load: [{ ...report, voiceToVoice: Float64Array.of(130) }] });
    expect(kneeOf(slow, { ...good, calls: 1 })).toMatch(/of one call$/);
    expect(kneeOf(slow, good)).toMatch(/of 10 calls$/);
  });

  it('is judged by the better of two measurements', () => {
    const slow = figuresOf({ ...raw, load: [{ ...report, voiceToVoice: Float64Array.of(130) }] });
    expect(betterOf(good, slow)).toBe(good);
    expect(betterOf(slow, good)).toBe(good);
  });
});
