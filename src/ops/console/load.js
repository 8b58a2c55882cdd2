import { formatClock, formatMs } from './format.js';

/**
 * @typedef {object} Overload what `GET /api/v1/overload` answers, as far as it is shown
 * @property {string} level
 * @property {number} in_level_ms
 * @property {number} calm_needed_ms
 * @property {{ WARNING: number }} thresholds
 * @property {{ new_sessions: boolean, conversation_mic: boolean, transcription_mic: boolean, system: boolean }} effects
 * @property {{ queues: { share: number, worst: string }, event_loop: { share: number, value_ms: number, full_at_ms: number }, inference: { share: number, recognisers: { real_time_factor: number, waiting: number, idle: boolean }[] } }} inputs
 */

const levelWords = {
  NORMAL: 'normal',
  WARNING: 'warning',
  DEGRADED: 'degraded',
  CRITICAL: 'critical',
  OVERLOADED: 'overloaded',
};

/** The level, how long it has been, and what follows from it. @param {Overload} overload */
export function levelOf({ level, in_level_ms, calm_needed_ms, effects }) {
  const follows = [!effects.new_sessions && 'no new calls', listenedWords(effects)].filter(Boolean);
  return {
    words: levelWords[level] ?? level,
    time: formatClock(in_level_ms),
    alert: level !== 'NORMAL',
    follows: follows.join(', '),
    recovery: level === 'NORMAL' ? '' : `lower after ${Math.ceil(calm_needed_ms / 1000)} s of calm`,
  };
}

/** What calls that are listened to lose; those with an agent lose nothing. @param {Overload['effects']} effects */
function listenedWords({ transcription_mic, system }) {
  if (!transcription_mic) return 'calls that are listened to are not written down';
  return !system && 'of calls that are listened to, the other party is not written down';
}

/** What is measured, each with what it is of all that can be done. @param {Overload} overload */
export function loadRows({ inputs, thresholds }) {
  const { queues, event_loop, inference } = inputs;
  const rows = [
    { name: 'Audio queues', share: queues.share, value: queues.share > 0 ? `most in ${queues.worst}` : 'empty' },
    {
      name: 'Event loop',
      share: event_loop.share,
      value: `${formatMs(event_loop.value_ms)} late of ${formatMs(event_loop.full_at_ms)}`,
    },
    { name: 'Recognition', share: inference.share, value: recognition(inference.recognisers) },
  ];
  return rows.map(({ name, share, value }) => ({
    name,
    value,
    percent: `${Math.round(share * 100)} %`,
    alert: share > thresholds.WARNING,
  }));
}

function recognition(recognisers) {
  const busy = recognisers.filter(({ idle }) => !idle);
  if (recognisers.length === 0) return 'not on this machine';
  if (busy.length === 0) return 'idle';
  return busy
    .map(({ real_time_factor, waiting }) => `${real_time_factor.toFixed(2)} × real time, ${waiting} waiting`)
    .join('; ');
}
