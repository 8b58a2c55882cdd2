import type { SpeechConfig } from '../config/speech.config.js';
import { inferenceWorkers } from '../speech/inference-workers.js';
import type { SttDriver } from '../speech/stt-stream.js';
import type { InferenceSource } from '../state/overload/inference-load.js';
import type { OverloadMonitor } from '../state/overload/overload-monitor.js';

/** Drivers that compute on this machine can say how they keep up; those of a service elsewhere cannot. */
function computesHere(driver: SttDriver): driver is SttDriver & InferenceSource {
  return 'realTimeFactor' in driver && 'waiting' in driver;
}

/** Has the recogniser's load count, if it is ours to bear. Returns how to stop. */
export function watchRecogniser(driver: SttDriver, config: SpeechConfig, monitor: OverloadMonitor): () => void {
  if (!computesHere(driver)) return () => undefined;
  return monitor.watchInference(driver, driver.permits ?? inferenceWorkers(config.inferenceWorkers));
}
