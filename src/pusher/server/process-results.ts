import { Injectable } from '@nestjs/common';
import type { ProcessRequest, ProcessResult } from '../link/pusher-link.js';

/** What became of requests that were carried out some time ago, or by another process. */
export abstract class ProcessOutcomes {
  /** Undefined as long as it is not over. Rejects if that cannot be found out now. */
  abstract find(request: ProcessRequest): Promise<ProcessResult | undefined>;
}

export interface ExpectedResult {
  /** Never settles after `cancel`. */
  readonly result: Promise<ProcessResult>;
  cancel(): void;
}

/** Brings results from those who process conversations in this process to the connections that wait for them. */
@Injectable()
export class ProcessResults {
  private readonly waiting = new Map<string, Set<(result: ProcessResult) => void>>();

  /** A request was carried out, or given up. */
  settle(result: ProcessResult): void {
    const waiting = this.waiting.get(result.jobId);
    this.waiting.delete(result.jobId);
    for (const tell of waiting ?? []) tell(result);
  }

  /** The next result of this job. */
  expect(jobId: string): ExpectedResult {
    let tell: (result: ProcessResult) => void = () => undefined;
    const result = new Promise<ProcessResult>((resolve) => (tell = resolve));
    const waiting = this.waiting.get(jobId) ?? new Set();
    this.waiting.set(jobId, waiting.add(tell));
    return {
      result,
      cancel: () => {
        waiting.delete(tell);
        if (waiting.size === 0 && this.waiting.get(jobId) === waiting) this.waiting.delete(jobId);
      },
    };
  }

  /** Jobs that somebody waits for: a leak shows here. */
  get size(): number {
    return this.waiting.size;
  }
}
