import type { SherpaConfig } from '../../../config/sherpa.config.js';
import type { Clock } from '../../../kernel/clock.js';
import { findModel, type ModelTask } from './find-model.js';
import type { LoadedModel } from './messages.js';
import { ModelProcesses } from './model-processes.js';

export interface CheckedModel extends LoadedModel {
  /** What it is, for people. */
  readonly kind: string;
  readonly loadedInMs: number;
}

/**
 * Looks at the model's files, then has a process load and try it.
 * Rejects with a ParleyError `config_invalid` that says what is wrong.
 */
export async function checkModel(task: ModelTask, config: SherpaConfig, clock: Clock): Promise<CheckedModel> {
  const { kind } = await findModel(task, config);
  const startedAt = clock.now();
  const ignore = (): void => undefined;
  const options = { count: 1, clock, onIncident: ignore };
  const processes = new ModelProcesses(task, config, options, { onAnswer: ignore, onLost: ignore });
  try {
    await processes.start(new AbortController().signal);
    return { kind, ...processes.loaded!, loadedInMs: clock.now() - startedAt };
  } finally {
    await processes.close();
  }
}
