/** What the bench asks of the probe inside a server process. */
export interface ProbeRequest {
  readonly probe: 'start' | 'stop' | 'memory';
  readonly id: number;
}

export interface ProbeReply {
  readonly probe: number;
  readonly reading: ProbeReading;
}

/** Since `start`: CPU time of all threads, and the event loop's delay. Memory is of this moment. */
export interface ProbeReading {
  readonly windowMs: number;
  readonly cpuMs: number;
  readonly loopDelayMs: { readonly p50: number; readonly p99: number; readonly max: number };
  readonly rssBytes: number;
  readonly heapUsedBytes: number;
}
