import type { VadRate } from '../../voice-activity.js';

/** Windows that became full since the last message, of all streams with this rate, in the order of time. */
export interface WindowBatch {
  readonly rate: VadRate;
  /** Which stream each window belongs to. */
  readonly streamIds: Int32Array;
  /** The windows one after the other. */
  readonly samples: Int16Array;
}

/** To the worker; at most one for each turn of the event loop. */
export interface VadRequest {
  readonly batches: readonly WindowBatch[];
  /** Streams that were closed: their state and their windows are forgotten. */
  readonly closed: readonly number[];
}

/** From the worker, after each run of the model. */
export interface VadAnswer {
  readonly streamIds: Int32Array;
  readonly probabilities: Float32Array;
}
