import { type Percentiles, percentilesOf } from '../load/samples.ts';
import type { Counts } from '../load/measurements.ts';
import type { LoadReport } from '../load/protocol.ts';
import { countsOf, mergeCounts } from './load.ts';
import type { ProbeReading } from './probe-protocol.ts';
import type { Pressure } from './server-process.ts';

/** One line of the table: what a number of calls cost one server, and what the callers noticed of it. */
export interface Figures {
  readonly row: string;
  readonly rate: number | null;
  readonly scenario: string;
  readonly calls: number;
  /** Calls still there at the end of the window. */
  readonly open: number;
  readonly voiceToVoice: Percentiles | null;
  readonly bargeIn: Percentiles | null;
  readonly gap: Percentiles | null;
  /** Of an echoing server: the whole way there and back. */
  readonly roundTrip: Percentiles | null;
  readonly counts: Counts;
  /** 20 ms frames that did not arrive: of answers heard in full, or of echoes. Null: nothing was to be counted. */
  readonly framesDropped: number | null;
  /** Of one core. */
  readonly cpuPercent: number;
  /** Of one core, with no call at all: timers, the probe, whatever the server does by itself. */
  readonly idleCpuPercent: number;
  /** `cpuPercent` by the calls that are open at the end of the window; null when none is. */
  readonly cpuPercentPerCall: number | null;
  /** Resident memory before these calls, and what each of those that are open added. */
  readonly memoryBaseMb: number;
  readonly memoryPerCallMb: number | null;
  readonly loopDelayP99Ms: number;
  readonly loopDelayMaxMs: number;
  readonly startUpMs: number;
  readonly windowMs: number;
  readonly load: { readonly cpuPercent: number; readonly latenessP99Ms: number; readonly processes: number };
  readonly closed: Record<string, number>;
  /** What a reader must know before believing the line. */
  readonly notes: readonly string[];
}

export interface RawFigures {
  readonly row: string;
  readonly rate: number | null;
  readonly scenario: string;
  readonly calls: number;
  readonly echoes: boolean;
  readonly startUpMs: number;
  readonly base: ProbeReading;
  readonly idleCpuPercent: number;
  /** Calls of others on the same server, which are not in `load`. */
  readonly otherCalls?: number;
  readonly server: ProbeReading;
  readonly pressure: Pressure | null;
  readonly load: readonly LoadReport[];
}

const MB = 1_048_576;
/** Above these the load generator may be what is measured. */
const LOAD_CPU_LIMIT_PERCENT = 85;
const LOAD_LATENESS_LIMIT_MS = 5;

export function figuresOf(raw: RawFigures): Figures {
  const { calls, server, base, load } = raw;
  const counts = countsOf(load);
  const cpuPercent = (server.cpuMs / server.windowMs) * 100;
  const lateness = percentilesOf(load.map((report) => report.lateness));
  const loadCpu = Math.max(...load.map(({ cpuMs, windowMs }) => (cpuMs / windowMs) * 100));
  const open = load.reduce((sum, report) => sum + report.open, 0);
  const served = open + (raw.otherCalls ?? 0);
  const perCall = (value: number): number | null => (served > 0 ? value / served : null);
  const notes: string[] = [];
  if (loadCpu > LOAD_CPU_LIMIT_PERCENT || (lateness?.p99 ?? 0) > LOAD_LATENESS_LIMIT_MS)
    notes.push('load generator at its limit');
  if (open < calls) notes.push(`${calls - open} calls lost`);
  if (counts.unanswered > 0) notes.push(`${counts.unanswered} turns unanswered`);
  if (counts.uncleared > 0) notes.push(`${counts.uncleared} barge-ins without a clear in time`);
  if (counts.framesStale > 0) notes.push(`${counts.framesStale} frames after a clear`);
  if (raw.pressure && raw.pressure.level !== 'NORMAL') notes.push(`level ${raw.pressure.level}`);
  if (raw.pressure && raw.pressure.dropped > 0) notes.push(`${raw.pressure.dropped} frames of callers dropped`);
  return {
    row: raw.row,
    rate: raw.rate,
    scenario: raw.scenario,
    calls,
    open,
    voiceToVoice: percentilesOf(load.map((report) => report.voiceToVoice)),
    bargeIn: percentilesOf(load.map((report) => report.bargeIn)),
    gap: percentilesOf(load.map((report) => report.gap)),
    roundTrip: percentilesOf(load.map((report) => report.roundTrip)),
    counts,
    framesDropped: raw.echoes
      ? Math.max(0, counts.framesSent - counts.framesReceived - inFlight(calls))
      : counts.answersInFull > 0
        ? counts.framesMissing
        : null,
    cpuPercent,
    idleCpuPercent: raw.idleCpuPercent,
    cpuPercentPerCall: perCall(cpuPercent),
    memoryBaseMb: base.rssBytes / MB,
    memoryPerCallMb: perCall(Math.max(0, server.rssBytes - base.rssBytes) / MB),
    loopDelayP99Ms: server.loopDelayMs.p99,
    loopDelayMaxMs: server.loopDelayMs.max,
    startUpMs: raw.startUpMs,
    windowMs: server.windowMs,
    load: { cpuPercent: loadCpu, latenessP99Ms: lateness?.p99 ?? 0, processes: load.length },
    closed: mergeCounts(load.map((report) => report.closed)),
    notes,
  };
}

/** One echo of each call may still be on its way when the window ends. */
function inFlight(calls: number): number {
  return calls;
}

const KNEE_GAP_MS = 20;
const KNEE_CPU_PERCENT = 95;

/**
 * Why more calls need not be tried on this server; null when it still holds.
 * @param fewest the figures of the smallest number of calls that was measured, against which answers are slow.
 */
export function kneeOf(figures: Figures, fewest: Figures): string | null {
  const { gap, voiceToVoice, cpuPercent } = figures;
  if (cpuPercent >= KNEE_CPU_PERCENT) return `${cpuPercent.toFixed(0)} % of a core`;
  if (gap && gap.p99 > KNEE_GAP_MS) return `egress gap p99 ${gap.p99.toFixed(0)} ms`;
  const limit = fewest.voiceToVoice ? fewest.voiceToVoice.p95 * 2 : Infinity;
  const who = fewest.calls === 1 ? 'one call' : `${fewest.calls} calls`;
  if (voiceToVoice && voiceToVoice.p95 > limit)
    return `voice-to-voice p95 ${voiceToVoice.p95.toFixed(0)} ms, more than twice that of ${who}`;
  return null;
}

/** Of two measurements of the same: what disturbs one makes it worse, never better. */
export function betterOf(one: Figures, other: Figures): Figures {
  const badness = ({ voiceToVoice, gap, cpuPercent }: Figures): number => voiceToVoice?.p95 ?? gap?.p99 ?? cpuPercent;
  return badness(other) < badness(one) ? other : one;
}
