import type { ScriptedConfig } from '../../config/scripted.config.js';
import { Chance } from '../../kernel/chance.js';
import type { Clock } from '../../kernel/clock.js';
import { ScriptedSttDriver, type ScriptedTranscript } from './scripted-stt.js';
import { ScriptedTtsDriver } from './scripted-tts.js';
import { ScriptedVad } from './scripted-vad.js';

const CHUNK_MS = 100;

/** The recogniser that SCRIPTED_STT_… describe. */
export function configuredStt(config: ScriptedConfig, clock: Clock): ScriptedSttDriver {
  const chance = new Chance(config.seed);
  const { sttText: text, sttDelayMs: afterMs } = config;
  const rates = { failure: config.sttFailureRate, stall: config.sttStallRate, wrong: config.sttWrongRate };
  const transcripts: Readonly<Record<keyof typeof rates, () => ScriptedTranscript>> = {
    failure: () => ({ error: 'The scripted recogniser failed', afterMs }),
    stall: () => ({ byHand: true }),
    wrong: () => ({ text: 'something else', confidence: 0.3, rejected: chance.happens(0.5), afterMs }),
  };
  return new ScriptedSttDriver(clock, {
    sampleRate: rateOf(config),
    otherwise: () => {
      const fault = chance.pick(rates);
      return fault ? transcripts[fault]() : { text, afterMs };
    },
    remembers: false,
  });
}

/** The voice that SCRIPTED_TTS_… describe. */
export function configuredTts(config: ScriptedConfig, clock: Clock): ScriptedTtsDriver {
  const chance = new Chance(config.seed);
  const rates = { failure: config.ttsFailureRate, stall: config.ttsStallRate, wrong: config.ttsWrongRate };
  return new ScriptedTtsDriver(clock, {
    sampleRate: rateOf(config),
    msPerWord: config.ttsWordMs,
    chunkMs: CHUNK_MS,
    firstChunkAfterMs: config.ttsDelayMs,
    speed: config.ttsSpeed,
    voices: undefined,
    fault: () => chance.pick(rates),
    remembers: false,
  });
}

/** The detector that SCRIPTED_VAD_… describe. */
export function configuredVad(config: ScriptedConfig, clock: Clock): ScriptedVad {
  const chance = new Chance(config.seed);
  const { vadStallRate, vadWrongRate, vadDelayMs } = config;
  return new ScriptedVad({
    clock,
    delayMs: vadDelayMs,
    stalls: () => vadStallRate > 0 && chance.happens(vadStallRate),
    errs: () => vadWrongRate > 0 && chance.happens(vadWrongRate),
  });
}

function rateOf(config: ScriptedConfig): 8000 | 16_000 | 24_000 {
  return Number(config.sampleRate) as 8000 | 16_000 | 24_000;
}
