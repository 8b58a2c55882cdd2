/**
 * @typedef {object} Stage
 * @property {'endpointing' | 'stt' | 'llm' | 'between' | 'tts'} key
 * @property {number} startMs since the caller stopped speaking (or, without speech, since the answer was begun)
 * @property {number} durationMs
 */

/**
 * @typedef {object} TurnLatency
 * @property {Stage[]} stages in the order of time, without gaps
 * @property {number | undefined} totalMs until the first audio
 * @property {boolean} spoken whether `totalMs` is voice to voice, from the end of the caller's speech
 * @property {number | undefined} bargeInStopMs
 */

/** @type {Record<Stage['key'], { label: string, name: string, meaning: string }>} */
export const stageNames = {
  endpointing: {
    label: 'Endpointing',
    name: 'Endpointing',
    meaning: 'From the end of speech until the turn was taken as ended',
  },
  stt: { label: 'STT', name: 'STT final', meaning: 'From there to the final transcript' },
  llm: {
    label: 'LLM',
    name: 'LLM first token',
    meaning: 'From the start of the answer, tools included, to its first word',
  },
  between: {
    label: 'Sentence',
    name: 'First sentence',
    meaning: 'From there until the first sentence that can be spoken was complete; what is left of the whole',
  },
  tts: { label: 'TTS', name: 'TTS first byte', meaning: 'From the first sentence to its first audio' },
};

/**
 * Puts the measured stages of a turn one after the other. What the others leave of voice-to-voice lies between the model's
 * first word and the synthesiser.
 * @param {Record<string, number | undefined>} metrics of `generation_complete`
 * @returns {TurnLatency}
 */
export function turnLatency(metrics) {
  const spoken = metrics.voice_to_voice_ms !== undefined;
  const known = {
    endpointing: metrics.endpointing_ms,
    stt: metrics.stt_final_ms,
    llm: metrics.llm_first_token_ms,
    between: spoken ? undefined : metrics.llm_first_sentence_ms,
    tts: metrics.tts_first_byte_ms,
  };
  const measured = Object.values(known).reduce((sum, ms) => sum + (ms ?? 0), 0);
  // The hand-over between the stages is in it, too.
  if (spoken && metrics.voice_to_voice_ms > measured) known.between = metrics.voice_to_voice_ms - measured;

  let startMs = 0;
  /** @type {Stage[]} */
  const stages = [];
  for (const [key, durationMs] of Object.entries(known)) {
    if (durationMs === undefined) continue;
    stages.push({ key, startMs, durationMs });
    startMs += durationMs;
  }
  const answered = spoken || metrics.tts_first_byte_ms !== undefined;
  return {
    stages,
    totalMs: answered ? (metrics.voice_to_voice_ms ?? startMs) : undefined,
    spoken,
    bargeInStopMs: metrics.barge_in_stop_ms,
  };
}

const STEPS = [50, 100, 200, 250, 500, 1000, 2000, 2500, 5000, 10_000];
const TICKS = 4;

/**
 * The axis for these turns: its end, and where to put ticks.
 * @param {TurnLatency[]} turns
 * @returns {{ endMs: number, ticks: number[] }}
 */
export function axisFor(turns) {
  const longest = Math.max(
    0,
    ...turns.flatMap(({ stages }) => stages.map((stage) => stage.startMs + stage.durationMs)),
  );
  const step = STEPS.find((candidate) => candidate * TICKS >= longest) ?? STEPS.at(-1);
  const count = Math.max(1, Math.ceil(longest / step));
  return { endMs: step * count, ticks: Array.from({ length: count + 1 }, (_, i) => i * step) };
}

/** The middle of the voice-to-voice times; undefined if there is none. @param {TurnLatency[]} turns */
export function medianVoiceToVoice(turns) {
  const times = turns
    .filter((turn) => turn.spoken)
    .map((turn) => turn.totalMs)
    .sort((a, b) => a - b);
  if (times.length === 0) return undefined;
  const middle = times.length >> 1;
  return times.length % 2 ? times[middle] : (times[middle - 1] + times[middle]) / 2;
}
