import { Worker } from 'node:worker_threads';
import { SystemClock, type Clock, type Timer } from '../../../kernel/clock.js';
import { compiledUrl } from '../../../kernel/compiled-url.js';
import { ParleyError } from '../../../kernel/errors.js';
import { SupervisedWorker } from '../../pool/supervised-worker.js';
import { VoiceActivityDetector, type VadListener, type VadRate, type VadStream } from '../../voice-activity.js';
import type { VadAnswer } from './silero-messages.js';
import { readSileroModel, windowShape } from './silero-model.js';
import { SileroStream } from './silero-stream.js';
import { WindowOutbox } from './window-outbox.js';

export interface SileroVadOptions {
  readonly clock?: Clock;
  /** Starts the thread that runs the model. */
  readonly spawn?: (model: Uint8Array) => Worker;
  /** Told when the thread died or hung, with the reason; the calls go on. */
  readonly onIncident?: (message: string) => void;
  /** How long a window may stay unanswered before the thread counts as hanging. */
  readonly hangMs?: number;
}

const READY_TIMEOUT_MS = 20_000;
/** About five seconds of every stream wait for a new thread, not more. */
const MAX_BACKLOG_PER_STREAM = 160;

/**
 * Silero VAD v6 in one worker thread for the whole process. If the thread dies, the windows it had are answered with the
 * stream's last probability, those that follow wait for the next thread, and every stream begins with a fresh state. If
 * that takes more than five seconds, what has been waiting counts as silence.
 */
export class SileroVad extends VoiceActivityDetector {
  readonly name = 'silero';
  private readonly streams = new Map<number, SileroStream>();
  private readonly outbox = new WindowOutbox();
  private readonly clock: Clock;
  private readonly hangMs: number;
  private worker: SupervisedWorker | undefined;
  private nextId = 1;
  private isFlushScheduled = false;
  /** When the worker last answered, or was last given something after it had answered all. */
  private lastProgressMs = 0;
  private watchdog: Timer | undefined;
  private closing: Promise<void> | undefined;

  constructor(private readonly options: SileroVadOptions = {}) {
    super();
    this.clock = options.clock ?? new SystemClock();
    this.hangMs = options.hangMs ?? 5000;
  }

  /** @throws ParleyError `build_failed` when the model file is not the expected one. */
  async start(signal: AbortSignal): Promise<void> {
    // The runtime's Linux build reports its use to its maker unless this is set in the process before it is loaded.
    // oxlint-disable-next-line node/no-process-env -- no setting of ours: nothing may leave the machine unasked
    process.env.ORT_DISABLE_TELEMETRY ??= '1';
    const model = await readSileroModel();
    const spawn = this.options.spawn ?? spawnSileroWorker;
    const worker = new SupervisedWorker({
      name: 'the VAD thread',
      spawn: () => spawn(model),
      readyTimeoutMs: READY_TIMEOUT_MS,
      clock: this.clock,
      onReady: () => this.scheduleFlush(),
      onMessage: (message) => this.deliver(message as VadAnswer),
      onLost: (reason) => this.onLost(reason),
    });
    await worker.start(signal);
    this.worker = worker;
  }

  open(sampleRate: VadRate, listener: VadListener): VadStream {
    if (!this.worker || this.closing) throw new ParleyError('internal', 'the VAD is not running');
    const id = this.nextId++;
    const stream = new SileroStream(windowShape[sampleRate].samples, listener, {
      onWindow: (samples) => {
        this.outbox.add(id, sampleRate, samples);
        if (this.worker?.ready) this.scheduleFlush();
        else this.boundBacklog();
      },
      onClose: () => {
        this.streams.delete(id);
        this.outbox.close(id);
        this.scheduleFlush();
      },
    });
    this.streams.set(id, stream);
    return stream;
  }

  close(): Promise<void> {
    return (this.closing ??= this.doClose());
  }

  private async doClose(): Promise<void> {
    for (const stream of this.streams.values()) stream.close();
    this.watchdog?.cancel();
    await this.worker?.close();
  }

  /** Once for each turn of the event loop, after all sockets that had something were read. */
  private scheduleFlush(): void {
    if (this.isFlushScheduled || !this.worker?.ready || this.closing) return;
    this.isFlushScheduled = true;
    setImmediate(() => {
      this.isFlushScheduled = false;
      if (this.worker?.ready && !this.closing) this.flush(this.worker);
    });
  }

  private boundBacklog(): void {
    if (this.outbox.size <= MAX_BACKLOG_PER_STREAM * this.streams.size) return;
    for (const { streamIds } of this.outbox.take()?.batches ?? []) {
      for (const id of streamIds) this.streams.get(id)?.markSent();
    }
    for (const stream of this.streams.values()) stream.answerLost(0);
  }

  private flush(worker: SupervisedWorker): void {
    const request = this.outbox.take();
    if (!request) return;
    for (const { streamIds } of request.batches) {
      for (const id of streamIds) this.streams.get(id)?.markSent();
    }
    if (!this.watchdog) {
      this.lastProgressMs = this.clock.now();
      this.watch(worker);
    }
    worker.post(
      request,
      request.batches.flatMap((batch) => [batch.streamIds.buffer as ArrayBuffer, batch.samples.buffer as ArrayBuffer]),
    );
  }

  private watch(worker: SupervisedWorker): void {
    this.watchdog = this.clock.setTimeout(() => {
      this.watchdog = undefined;
      if (![...this.streams.values()].some((stream) => stream.isWaiting)) return;
      if (this.clock.now() - this.lastProgressMs < this.hangMs) this.watch(worker);
      else worker.replace(`the VAD thread did not answer within ${this.hangMs} ms`);
    }, this.hangMs);
  }

  private deliver({ streamIds, probabilities }: VadAnswer): void {
    this.lastProgressMs = this.clock.now();
    streamIds.forEach((id, i) => this.streams.get(id)?.answer(probabilities[i]!));
  }

  private onLost(reason: Error): void {
    this.options.onIncident?.(reason.message);
    for (const stream of this.streams.values()) stream.answerLost();
  }
}

function spawnSileroWorker(model: Uint8Array): Worker {
  // Without the parent's flags: what is loaded before the program there (telemetry) has no business here.
  return new Worker(compiledUrl(import.meta.url, './silero-worker.js'), {
    name: 'silero-vad',
    workerData: { model },
    execArgv: [],
  });
}
