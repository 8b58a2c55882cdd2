import type { Worker } from 'node:worker_threads';
import type { SherpaConfig } from '../../../config/sherpa.config.js';
import type { Clock } from '../../../kernel/clock.js';
import { messageOf } from '../../../kernel/errors.js';
import { SupervisedWorker } from '../../pool/supervised-worker.js';
import { findModel, modelError, modelFolder, type FoundModel, type ModelTask } from './find-model.js';
import type { LoadedAnswer, LoadedModel } from './messages.js';
import { ModelProcess } from './model-process.js';

export interface ModelProcessesOptions {
  readonly count: number;
  readonly clock: Clock;
  /** Told when a process died or hung, with the reason. */
  readonly onIncident: (message: string) => void;
  /** How long a process may take for one answer; 10 s unless given. */
  readonly hangMs?: number;
  readonly spawn?: (model: FoundModel) => Worker;
}

const HANG_MS = 10_000;

/** What the owner of the processes is told of each. `index` is from 0. */
export interface ProcessListener {
  onReady?(index: number): void;
  onAnswer(index: number, message: unknown): void;
  /** Nothing comes back of what it was given; another one is being started. */
  onLost(index: number, reason: Error): void;
}

/** Processes with the same model; each is replaced when it dies. */
export class ModelProcesses {
  private workers: SupervisedWorker[] = [];
  private model: LoadedModel | undefined;

  constructor(
    private readonly task: ModelTask,
    private readonly config: SherpaConfig,
    private readonly options: ModelProcessesOptions,
    private readonly listener: ProcessListener,
  ) {}

  get hangMs(): number {
    return this.options.hangMs ?? HANG_MS;
  }

  get clock(): Clock {
    return this.options.clock;
  }

  /** Undefined until a process has loaded it. */
  get loaded(): LoadedModel | undefined {
    return this.model;
  }

  /** Indices of those that take requests. */
  get ready(): readonly number[] {
    return [...this.workers.keys()].filter((index) => this.workers[index]!.ready);
  }

  /** Rejects with a ParleyError `config_invalid` that names the setting and what is wrong with the model. */
  async start(signal: AbortSignal): Promise<void> {
    const model = await findModel(this.task, this.config);
    const { count, clock, spawn = (found: FoundModel) => ModelProcess.spawn(found) } = this.options;
    this.workers = Array.from({ length: count }, (_, index) => {
      const name = `sherpa ${this.task} process ${index + 1}`;
      return new SupervisedWorker({
        name,
        spawn: () => spawn(model),
        readyTimeoutMs: this.config.loadMs,
        clock,
        onReady: () => this.listener.onReady?.(index),
        onMessage: (message) => this.receive(index, message),
        onLost: (reason) => {
          this.options.onIncident(reason.message);
          this.listener.onLost(index, reason);
        },
      });
    });
    try {
      await Promise.all(this.workers.map((worker) => worker.start(signal)));
    } catch (error) {
      await this.close();
      if (signal.aborted) throw signal.reason as Error;
      const folder = modelFolder(this.config, this.task);
      throw modelError(this.task, `the model in ${folder} does not work: ${messageOf(error)}`, { cause: error });
    }
  }

  post(index: number, message: object): void {
    this.workers[index]?.post(message);
  }

  /** Gives up one that hangs. */
  replace(index: number): void {
    this.workers[index]?.replace(`sherpa ${this.task} process ${index + 1} gave no answer for ${this.hangMs} ms`);
  }

  async close(): Promise<void> {
    await Promise.all(this.workers.map((worker) => worker.close()));
  }

  private receive(index: number, message: unknown): void {
    if (isLoaded(message)) this.model = message.loaded;
    else this.listener.onAnswer(index, message);
  }
}

function isLoaded(message: unknown): message is LoadedAnswer {
  return typeof message === 'object' && message !== null && 'loaded' in message;
}
