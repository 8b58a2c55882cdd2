import { availableParallelism } from 'node:os';

/** How many threads local inference gets unless INFERENCE_WORKERS says: one core is for everything else. */
export function spareCores(): number {
  return Math.max(1, availableParallelism() - 1);
}

/** @param setting INFERENCE_WORKERS; 0 is as many as there are spare cores. */
export function inferenceWorkers(setting: number): number {
  return setting || spareCores();
}
