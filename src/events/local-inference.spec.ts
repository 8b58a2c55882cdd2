import { expect, it } from '@jest/globals';
import type { SpeechConfig } from '../config/speech.config.js';
import { ManualClock } from '../kernel/clock.js';
import { BatchSttDriver } from '../speech/batch/batch-stt.driver.js';
import { EmbeddedSttDriver } from '../speech/drivers/embedded/stt/embedded-stt.driver.js';
import { ScriptedSttDriver } from '../speech/testing/scripted-stt.js';
import type { InferenceSource } from '../state/overload/inference-load.js';
import type { OverloadMonitor } from '../state/overload/overload-monitor.js';
import { watchRecogniser } from './local-inference.js';

const clock = new ManualClock();
const batch = { name: 'batch', languages: ['en'], sampleRate: 8000, permits: 2 };
const recogniser = { transcribe: () => Promise.resolve({ text: '', confidence: 1 }) };

it.each([
  [new EmbeddedSttDriver(clock), ['embedded', 3]],
  [new BatchSttDriver(recogniser, clock, batch), ['batch', 2]],
  [new ScriptedSttDriver(clock), undefined],
] as const)('the load of a recogniser counts that computes on this machine (%#)', (driver, expected) => {
  let watched: [string, number] | undefined;
  const watchInference = (source: InferenceSource, workers: number) => {
    watched = [source.name, workers];
    return () => undefined;
  };
  watchRecogniser(driver, { inferenceWorkers: 3 } as SpeechConfig, { watchInference } as unknown as OverloadMonitor);
  expect(watched).toEqual(expected);
});
