import type { Chance } from '../../kernel/chance.js';
import type { Clock } from '../../kernel/clock.js';
import { untilAborted } from '../../kernel/abort.js';
import { ParleyError, messageOf } from '../../kernel/errors.js';
import { JobKind } from '../jobs/job-kinds.js';
import type { Job, JobQueue } from '../jobs/job-queue.js';
import type { FrameFromPusher } from '../link/frames.js';
import type { ProcessRequest, ProcessResult, SampleRequest } from '../link/pusher-link.js';
import type { ProcessOutcomes, ProcessResults } from './process-results.js';

const FIRST_PAUSE_MS = 1000;
const LONGEST_PAUSE_MS = 30_000;
/** A link keeps a hundred; it makes a new connection when it asks for so many more. */
const MAX_REQUESTS = 500;

export interface RequestTools {
  readonly clock: Clock;
  readonly chance: Chance;
  readonly queue: JobQueue;
  readonly results: ProcessResults;
  readonly outcomes: ProcessOutcomes;
  readonly sampleMinAgeMs: number;
}

/** The requests of one connection: puts them into the queue, says so, and brings their results. */
export class SessionRequests {
  /** Whether they lie in the queue already. */
  private readonly jobs = new Map<string, boolean>();

  constructor(
    private readonly tools: RequestTools,
    private readonly send: (frame: FrameFromPusher) => void,
    /** Runs it as a task of the session, with a signal that aborts when the connection ends. */
    private readonly spawn: (name: string, work: (signal: AbortSignal) => Promise<void>) => void,
    private readonly onProblem: (problem: string) => void,
  ) {}

  process(request: ProcessRequest): void {
    this.take({ id: request.jobId, kind: JobKind.Process, payload: request }, 0, request);
  }

  learnVoice(jobId: string, request: SampleRequest): void {
    // The audio that it is learned from is archived a minute later, or so.
    this.take({ id: jobId, kind: JobKind.SpeakerSample, payload: request }, this.tools.sampleMinAgeMs);
  }

  private take(job: Job, delayMs: number, request?: ProcessRequest): void {
    const accepted = this.jobs.get(job.id);
    if (accepted) this.send({ type: 'accepted', jobId: job.id });
    if (accepted !== undefined) return;
    if (this.jobs.size >= MAX_REQUESTS) throw new ParleyError('at_capacity', 'too many requests wait', true);
    this.jobs.set(job.id, false);
    this.spawn(`job ${job.id}`, async (signal) => {
      try {
        await this.put(job, delayMs, signal);
        this.jobs.set(job.id, true);
        this.send({ type: 'accepted', jobId: job.id });
        if (request) this.send({ type: 'result', result: await this.resultOf(request, signal) });
      } finally {
        this.jobs.delete(job.id);
      }
    });
  }

  private async put(job: Job, delayMs: number, signal: AbortSignal): Promise<void> {
    for (const pauseMs of this.pauses()) {
      try {
        return await untilAborted(this.tools.queue.put(job, delayMs), signal);
      } catch (error) {
        signal.throwIfAborted();
        this.onProblem(`A job could not be put into the queue: ${messageOf(error)}`);
      }
      await this.tools.clock.delay(pauseMs, signal);
    }
  }

  private async resultOf(request: ProcessRequest, signal: AbortSignal): Promise<ProcessResult> {
    const expected = this.tools.results.expect(request.jobId);
    try {
      // Told by whoever carries it out in this process; elsewhere, and before now, it can only be looked up.
      return await untilAborted(Promise.race([expected.result, this.lookUp(request, signal)]), signal);
    } finally {
      expected.cancel();
    }
  }

  private async lookUp(request: ProcessRequest, signal: AbortSignal): Promise<ProcessResult> {
    const { clock, outcomes } = this.tools;
    for (const pauseMs of this.pauses()) {
      try {
        const found = (await outcomes.find(request)) ?? (await this.buried(request));
        if (found) return found;
      } catch (error) {
        this.onProblem(`What became of a job cannot be looked up: ${messageOf(error)}`);
      }
      await clock.delay(pauseMs, signal);
    }
    throw new Error('There is always another pause');
  }

  private async buried({ jobId, conversationId }: ProcessRequest): Promise<ProcessResult | undefined> {
    const state = await this.tools.queue.stateOf(jobId);
    if (state !== 'dead') return undefined;
    return { jobId, conversationId, outcome: 'failed', problem: 'it was tried too often' };
  }

  private *pauses(): Generator<number> {
    for (let pauseMs = FIRST_PAUSE_MS; ; pauseMs = Math.min(pauseMs * 2, LONGEST_PAUSE_MS))
      yield pauseMs * (0.75 + this.tools.chance.next() / 2);
  }
}
