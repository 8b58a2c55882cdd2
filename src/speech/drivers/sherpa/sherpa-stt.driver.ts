import type { SherpaConfig } from '../../../config/sherpa.config.js';
import type { Timer } from '../../../kernel/clock.js';
import { ParleyError } from '../../../kernel/errors.js';
import { SttDriver, type SttStream } from '../../stt-stream.js';
import type { RecogniserAnswer } from './messages.js';
import { ModelProcesses, type ModelProcessesOptions } from './model-processes.js';
import { SherpaSttStream } from './sherpa-stt.stream.js';
import type { SherpaUtterance } from './sherpa-utterance.js';

/** What a process still has to answer. */
interface Workload {
  readonly utterances: Map<number, SherpaUtterance>;
  sent: number;
  answered: number;
  watchdog?: Timer;
}

/** A streaming model of sherpa-onnx in processes of its own. */
export class SherpaSttDriver extends SttDriver {
  readonly name = 'sherpa';
  readonly languages: readonly string[];
  readonly sampleRate: number;
  private readonly processes: ModelProcesses;
  private readonly workloads: readonly Workload[];
  private readonly streams = new Set<SherpaSttStream>();
  private nextUtterance = 0;
  private isClosed = false;

  constructor(config: SherpaConfig, options: ModelProcessesOptions) {
    super();
    this.languages = config.sttLanguages.map((language) => language.toLowerCase().split('-')[0]!);
    this.sampleRate = Number(config.sttRate);
    this.workloads = Array.from({ length: options.count }, () => ({ utterances: new Map(), sent: 0, answered: 0 }));
    this.processes = new ModelProcesses('stt', config, options, {
      onAnswer: (index, message) => this.receive(index, message as RecogniserAnswer),
      onLost: (index, reason) => this.lose(index, reason),
    });
  }

  override start(signal: AbortSignal): Promise<void> {
    return this.processes.start(signal);
  }

  override async createStream(signal: AbortSignal): Promise<SttStream> {
    signal.throwIfAborted();
    if (this.isClosed || !this.processes.loaded) throw new ParleyError('stt_failed', 'The recogniser is not running');
    const stream = new SherpaSttStream({
      sampleRate: this.sampleRate,
      begin: (utterance) => this.begin(utterance),
      onClose: () => void this.streams.delete(stream),
    });
    this.streams.add(stream);
    return stream;
  }

  override async close(): Promise<void> {
    this.isClosed = true;
    await Promise.all([...this.streams].map((stream) => stream.close()));
    for (const workload of this.workloads) workload.watchdog?.cancel();
    await this.processes.close();
  }

  /** Gives the utterance to the process with the fewest. Undefined when there is none. */
  private begin(utterance: SherpaUtterance) {
    const loads = this.processes.ready.map((index) => ({ index, workload: this.workloads[index]! }));
    const least = loads.toSorted((a, b) => a.workload.utterances.size - b.workload.utterances.size)[0];
    if (!least || this.isClosed) return undefined;
    const { index, workload } = least;
    const id = this.nextUtterance++;
    workload.utterances.set(id, utterance);
    return {
      send: (pcm: Int16Array, end: boolean): void => {
        this.processes.post(index, { kind: 'audio', sequence: ++workload.sent, utterance: id, pcm, end });
        workload.watchdog ??= this.watch(index);
      },
      cancel: (): void => {
        if (workload.utterances.delete(id)) this.processes.post(index, { kind: 'cancel', utterance: id });
      },
    };
  }

  private watch(index: number): Timer {
    return this.processes.clock.setTimeout(() => this.processes.replace(index), this.processes.hangMs);
  }

  private receive(index: number, { sequence, partials, finals }: RecogniserAnswer): void {
    const workload = this.workloads[index]!;
    workload.answered = sequence;
    workload.watchdog?.cancel();
    workload.watchdog = undefined;
    for (const { utterance, text } of partials) workload.utterances.get(utterance)?.hear(text);
    for (const { utterance, result } of finals) {
      const heard = workload.utterances.get(utterance);
      workload.utterances.delete(utterance);
      heard?.complete(result);
    }
    if (workload.answered < workload.sent || [...workload.utterances.values()].some(({ isEnded }) => isEnded))
      workload.watchdog ??= this.watch(index);
  }

  private lose(index: number, reason: Error): void {
    const workload = this.workloads[index]!;
    workload.watchdog?.cancel();
    workload.watchdog = undefined;
    workload.answered = workload.sent;
    const orphans = [...workload.utterances.values()];
    workload.utterances.clear();
    const error = new ParleyError('stt_failed', reason.message, true, { cause: reason });
    for (const utterance of orphans) utterance.fail(error);
  }
}
