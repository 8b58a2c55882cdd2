import type { ScriptedConfig } from '../../config/scripted.config.js';
import { Chance, Faults } from '../../kernel/chance.js';
import type { Clock } from '../../kernel/clock.js';
import { BatchSttDriver } from '../batch/batch-stt.driver.js';
import type { SttDriver } from '../stt-stream.js';
import { ScriptedBatchRecogniser } from './scripted-batch.js';
import { ScriptedSttDriver, type ScriptedTranscript } from './scripted-stt.js';
import { ScriptedTtsDriver } from './scripted-tts.js';
import { ScriptedVad } from './scripted-vad.js';

const CHUNK_MS = 100;

/** The recogniser that SCRIPTED_STT_… describe. A batch recogniser works on `workers` chunks at a time. */
export function configuredStt(config: ScriptedConfig, clock: Clock, workers: number): SttDriver {
  const sampleRate = rateOf(config);
  const hears = transcriptsOf(config);
  if (config.sttMode === 'streaming')
    return new ScriptedSttDriver(clock, { sampleRate, otherwise: hears, remembers: false });
  const recogniser = new ScriptedBatchRecogniser(clock, {
    sampleRate,
    realTimeFactor: config.sttRealTimeFactor,
    delayMs: config.sttDelayMs,
    hears: () => {
      const heard = hears();
      if ('byHand' in heard) return undefined;
      // A batch recogniser cannot tell speech that it was not made for.
      return 'error' in heard ? heard : { text: heard.text, confidence: heard.confidence ?? 1 };
    },
  });
  return new BatchSttDriver(recogniser, clock, { name: 'scripted', languages: ['en'], sampleRate, permits: workers });
}

function transcriptsOf(config: ScriptedConfig): () => ScriptedTranscript {
  const chance = new Chance(config.seed);
  const { sttText: text, sttDelayMs: afterMs } = config;
  const shares = {
    failure: config.sttFailureRate,
    stall: config.sttStallRate,
    wrong: config.sttWrongRate,
    late: config.sttLateRate,
  };
  const faults = new Faults(shares, chance);
  const transcripts: Readonly<Record<keyof typeof shares, () => ScriptedTranscript>> = {
    failure: () => ({ error: 'The scripted recogniser failed', afterMs }),
    stall: () => ({ byHand: true }),
    wrong: () => ({ text: 'something else', confidence: 0.3, rejected: chance.happens(0.5), afterMs }),
    late: () => ({ text, afterMs: afterMs + config.sttLateMs }),
  };
  return () => {
    const fault = faults.draw();
    return fault ? transcripts[fault]() : { text, afterMs };
  };
}

/** The voice that SCRIPTED_TTS_… describe. */
export function configuredTts(config: ScriptedConfig, clock: Clock): ScriptedTtsDriver {
  const shares = { failure: config.ttsFailureRate, stall: config.ttsStallRate, wrong: config.ttsWrongRate };
  const faults = new Faults(shares, new Chance(config.seed));
  return new ScriptedTtsDriver(clock, {
    sampleRate: rateOf(config),
    msPerWord: config.ttsWordMs,
    chunkMs: CHUNK_MS,
    firstChunkAfterMs: config.ttsDelayMs,
    speed: config.ttsSpeed,
    voices: undefined,
    fault: () => faults.draw(),
    remembers: false,
  });
}

/** The detector that SCRIPTED_VAD_… describe. */
export function configuredVad(config: ScriptedConfig, clock: Clock): ScriptedVad {
  const chance = new Chance(config.seed);
  const { vadFailureRate, vadStallRate, vadWrongRate, vadDelayMs } = config;
  const faults = new Faults({ failure: vadFailureRate, stall: vadStallRate }, chance);
  return new ScriptedVad({
    clock,
    delayMs: vadDelayMs,
    fault: () => faults.draw(),
    errs: () => vadWrongRate > 0 && chance.happens(vadWrongRate),
  });
}

function rateOf(config: ScriptedConfig): 8000 | 16_000 | 24_000 {
  return Number(config.sampleRate) as 8000 | 16_000 | 24_000;
}
