import type { OverloadConfig } from '../config/overload.config.js';
import { levelThresholds } from '../state/overload/level-tracker.js';
import { admitsAudio, admitsSessions } from '../state/overload/overload-level.js';
import type { LevelChange, OverloadStatus } from '../state/overload/overload-monitor.js';
import type { Measurement, PressureInput, Shares, SourcePressure } from '../state/overload/pressure.js';

/** As it goes out on the REST route: the level, why it is what it is, and what it does. */
export function overloadView(status: OverloadStatus, config: OverloadConfig, refusals: ReadonlyMap<string, number>) {
  const { level, since, inLevelMs, calmNeededMs, measured, history } = status;
  return {
    level,
    since: new Date(since).toISOString(),
    in_level_ms: Math.round(inLevelMs),
    pressure: rounded(measured.pressure),
    /** Until the level goes down by one, if it stays calm. */
    calm_needed_ms: Math.round(calmNeededMs),
    inputs: inputsView(measured, config),
    thresholds: {
      ...levelThresholds,
      OVERLOADED: levelThresholds.CRITICAL,
      overloaded_after_ms: config.afterMs,
      recovery_below: levelThresholds.WARNING,
      recovery_ms: config.recoveryMs,
    },
    effects: {
      new_sessions: admitsSessions(level),
      conversation_mic: admitsAudio(level, 'conversation', 'mic'),
      transcription_mic: admitsAudio(level, 'transcription', 'mic'),
      system: admitsAudio(level, 'conversation', 'system'),
      chunk_ms: Object.fromEntries(
        measured.inference.flatMap(({ name, chunkMs }) => (chunkMs === undefined ? [] : [[name, chunkMs]])),
      ),
    },
    sources: Object.fromEntries(measured.sources.map((source) => [source.source, sourceView(source)])),
    refused: Object.fromEntries(refusals),
    history: history.toReversed().map(changeView),
  };
}

function inputsView(measured: Measurement, config: OverloadConfig) {
  const { shares, eventLoopDelayMs, inference, sources } = measured;
  const fullest = sources.reduce((worst, source) => (source.fill > worst.fill ? source : worst));
  return {
    queues: { share: rounded(shares.queues), value: rounded(fullest.fill), full_at: 1, worst: fullest.source },
    event_loop: {
      share: rounded(shares.event_loop),
      value_ms: rounded(eventLoopDelayMs),
      full_at_ms: config.eventLoopDelayMs,
    },
    inference: {
      share: rounded(shares.inference),
      full_at: 1,
      recognisers: inference.map(({ name, share, realTimeFactor, waiting, backlog, workers, idle }) => ({
        name,
        share: rounded(share),
        real_time_factor: rounded(realTimeFactor),
        waiting,
        backlog,
        workers,
        idle,
      })),
    },
  } satisfies Record<PressureInput, object>;
}

function sourceView({ sessions, depth, backlog, capacity, fill, ageMs, dropped }: SourcePressure) {
  return { sessions, depth, backlog, capacity, fill: rounded(fill), age_ms: Math.round(ageMs), dropped };
}

function changeView({ at, from, to, pressure, shares, lastedMs }: LevelChange) {
  return {
    at: new Date(at).toISOString(),
    from,
    to,
    pressure: rounded(pressure),
    inputs: Object.fromEntries(
      Object.entries(shares satisfies Shares).map(([input, share]) => [input, rounded(share)]),
    ),
    lasted_ms: Math.round(lastedMs),
  };
}

function rounded(value: number): number {
  return Math.round(value * 1000) / 1000;
}
