import { fileURLToPath } from 'node:url';
import type { Worker } from 'node:worker_threads';
import { SherpaConfig } from '../../src/config/sherpa.config.js';
import { ManualClock } from '../../src/kernel/clock.js';
import type { FoundModel } from '../../src/speech/drivers/sherpa/find-model.js';
import { ModelProcess } from '../../src/speech/drivers/sherpa/model-process.js';

export const modelsDir = fileURLToPath(new URL('../fixtures/models', import.meta.url));

export function sherpaConfig(given: Partial<SherpaConfig> = {}): SherpaConfig {
  const values: SherpaConfig = {
    modelsDir,
    sttModel: 'stt',
    sttLanguages: ['en-US'],
    sttRate: '16000',
    ttsModel: 'tts',
    ttsLanguages: ['en'],
    ttsVoices: [],
    speakerModel: 'speaker',
    int8: true,
    threads: 1,
    loadMs: 20_000,
  };
  return Object.assign(new SherpaConfig(), values, given);
}

/** The processes of a driver, so that tests can do something to them. */
export class SherpaBench {
  readonly clock = new ManualClock();
  readonly incidents: string[] = [];
  readonly processes: ModelProcess[] = [];
  private readonly ready: Promise<void>[] = [];
  private tellSpawned: () => void = () => undefined;
  /** The first process is there; it may not be ready. */
  readonly spawned = new Promise<void>((resolve) => (this.tellSpawned = resolve));

  options(count = 1) {
    return {
      count,
      clock: this.clock,
      onIncident: (message: string) => void this.incidents.push(message),
      spawn: (model: FoundModel) => {
        const process = new ModelProcess(model);
        this.processes.push(process);
        this.tellSpawned();
        this.ready.push(new Promise((resolve) => process.on('message', (message) => message === 'ready' && resolve())));
        return process as unknown as Worker;
      },
    };
  }

  signal(index: number, signal: NodeJS.Signals): void {
    process.kill(this.processes[index]!.pid!, signal);
  }

  /** The process in place of one that was lost, able to work. */
  async replacement(index: number): Promise<void> {
    await this.clock.advance(100);
    await this.ready[index];
  }
}

const AMPLITUDE = 9000;

/** The test model hears 440 Hz as "one", 1200 Hz as "two", 3000 Hz as "three", each once until another one comes. */
export function tones(...hzs: number[]): Int16Array {
  const each = 8000;
  return Int16Array.from({ length: hzs.length * each }, (_, i) => {
    const hz = hzs[Math.floor(i / each)]!;
    return Math.round(AMPLITUDE * Math.sin((2 * Math.PI * hz * i) / 16_000));
  });
}

export function isRunning(process: ModelProcess): boolean {
  try {
    return globalThis.process.kill(process.pid!, 0);
  } catch {
    return false;
  }
}
