import { parentPort, workerData } from 'node:worker_threads';
import { InferenceSession, Tensor } from 'onnxruntime-node';
import { WORKER_READY } from '../../pool/supervised-worker.js';
import type { VadRate } from '../../voice-activity.js';
import type { VadAnswer, VadRequest } from './silero-messages.js';
import { STATE_LAYERS, STATE_WIDTH, windowShape } from './silero-model.js';

/**
 * Runs the model for all sessions of the process. Windows that are waiting while one run is under way go into the next
 * run together: the more calls there are, the cheaper each becomes.
 */

/** Beyond this, a bigger batch only adds delay. */
const MAX_BATCH = 64;

interface StreamState {
  readonly id: number;
  readonly windows: Int16Array[];
  /** Both layers, one after the other. */
  readonly recurrent: Float32Array;
  readonly context: Float32Array;
}

class RateRunner {
  private readonly streams = new Map<number, StreamState>();
  /** Streams with at least one window, the longest waiting first. */
  private readonly waiting = new Set<StreamState>();
  private readonly sampleRate: Tensor;
  private readonly shape: { readonly samples: number; readonly context: number };

  constructor(
    private readonly session: InferenceSession,
    rate: VadRate,
  ) {
    this.shape = windowShape[rate];
    this.sampleRate = new Tensor('int64', BigInt64Array.of(BigInt(rate)), []);
  }

  add(streamIds: Int32Array, samples: Int16Array): void {
    const length = this.shape.samples;
    streamIds.forEach((id, i) => {
      const stream = this.streamOf(id);
      stream.windows.push(samples.subarray(i * length, (i + 1) * length));
      this.waiting.add(stream);
    });
  }

  forget(id: number): void {
    const stream = this.streams.get(id);
    if (!stream) return;
    this.streams.delete(id);
    this.waiting.delete(stream);
  }

  /** One window of each stream that has one: a stream's windows depend on one another. */
  async runOnce(): Promise<VadAnswer | undefined> {
    if (this.waiting.size === 0) return undefined;
    const batch = [...this.waiting].slice(0, MAX_BATCH);
    const size = batch.length;
    const { samples, context } = this.shape;
    const input = new Float32Array(size * (context + samples));
    const state = new Float32Array(STATE_LAYERS * size * STATE_WIDTH);
    batch.forEach((stream, i) => {
      const row = input.subarray(i * (context + samples), (i + 1) * (context + samples));
      row.set(stream.context);
      const window = stream.windows.shift()!;
      for (let k = 0; k < samples; k++) row[context + k] = window[k]! / 32_768;
      stream.context.set(row.subarray(samples));
      for (let layer = 0; layer < STATE_LAYERS; layer++) {
        state.set(layerOf(stream.recurrent, layer), (layer * size + i) * STATE_WIDTH);
      }
      // To the end of the queue, if it has more.
      this.waiting.delete(stream);
      if (stream.windows.length > 0) this.waiting.add(stream);
    });

    const result = await this.session.run({
      input: new Tensor('float32', input, [size, context + samples]),
      state: new Tensor('float32', state, [STATE_LAYERS, size, STATE_WIDTH]),
      sr: this.sampleRate,
    });
    const next = result['stateN']!.data as Float32Array;
    batch.forEach((stream, i) => {
      for (let layer = 0; layer < STATE_LAYERS; layer++) {
        const from = (layer * size + i) * STATE_WIDTH;
        layerOf(stream.recurrent, layer).set(next.subarray(from, from + STATE_WIDTH));
      }
    });
    return {
      streamIds: Int32Array.from(batch, (stream) => stream.id),
      probabilities: Float32Array.from(result['output']!.data as Float32Array),
    };
  }

  private streamOf(id: number): StreamState {
    let stream = this.streams.get(id);
    if (!stream) {
      const recurrent = new Float32Array(STATE_LAYERS * STATE_WIDTH);
      stream = { id, windows: [], recurrent, context: new Float32Array(this.shape.context) };
      this.streams.set(id, stream);
    }
    return stream;
  }
}

function layerOf(recurrent: Float32Array, layer: number): Float32Array {
  return recurrent.subarray(layer * STATE_WIDTH, (layer + 1) * STATE_WIDTH);
}

async function serve(port: NonNullable<typeof parentPort>, model: Uint8Array): Promise<void> {
  const session = await InferenceSession.create(model, {
    intraOpNumThreads: 1,
    interOpNumThreads: 1,
    executionMode: 'sequential',
    logSeverityLevel: 3,
  });
  const runners: Record<VadRate, RateRunner> = {
    8000: new RateRunner(session, 8000),
    16000: new RateRunner(session, 16_000),
  };
  let isRunning = false;

  const runAll = async (): Promise<void> => {
    if (isRunning) return;
    isRunning = true;
    for (let hasMore = true; hasMore;) {
      hasMore = false;
      for (const runner of Object.values(runners)) {
        const answer = await runner.runOnce();
        if (!answer) continue;
        hasMore = true;
        port.postMessage(answer, [answer.streamIds.buffer as ArrayBuffer, answer.probabilities.buffer as ArrayBuffer]);
      }
    }
    isRunning = false;
  };

  port.on('message', ({ batches, closed }: VadRequest) => {
    for (const { rate, streamIds, samples } of batches) runners[rate].add(streamIds, samples);
    for (const id of closed) for (const runner of Object.values(runners)) runner.forget(id);
    // A failed run ends the worker, and the main thread starts another.
    runAll().catch((error: unknown) => {
      setImmediate(() => {
        throw error;
      });
    });
  });
  port.postMessage(WORKER_READY);
}

if (parentPort) await serve(parentPort, (workerData as { model: Uint8Array }).model);
