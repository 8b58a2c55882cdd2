import { ParleyError } from '../../../kernel/errors.js';
import { type DeadJob, type Job, type JobCounts, JobQueue, type JobState } from '../job-queue.js';

/** A queue that nobody works on: the test looks at what was put, and says what became of it. */
export class MemoryJobQueue extends JobQueue {
  readonly name = 'memory';
  /** As if it could not be reached. */
  away = false;
  /** Whatever was asked to be put, and how long it was to wait. */
  readonly asked: { readonly job: Job; readonly delayMs: number }[] = [];
  readonly jobs = new Map<string, Job>();
  private readonly states = new Map<string, JobState>();

  /** @param onAsked hears of each `put`. */
  constructor(private readonly onAsked: () => void = () => undefined) {
    super();
  }

  /** What a worker would have done. */
  set(id: string, state: JobState): void {
    this.states.set(id, state);
  }

  start(): Promise<void> {
    return Promise.resolve();
  }

  check(): Promise<Record<string, unknown>> {
    return this.reached(() => ({ jobs: this.jobs.size }));
  }

  put(job: Job, delayMs = 0): Promise<void> {
    this.asked.push({ job, delayMs });
    this.onAsked();
    return this.reached(() => {
      if (this.jobs.has(job.id)) return;
      this.jobs.set(job.id, job);
      this.states.set(job.id, 'waiting');
    });
  }

  stateOf(id: string): Promise<JobState | undefined> {
    return this.reached(() => this.states.get(id));
  }

  work(): void {
    throw new Error('Nobody works on this queue');
  }

  counts(): Promise<JobCounts> {
    const count = (state: JobState): number => [...this.states.values()].filter((given) => given === state).length;
    return this.reached(() => ({
      waiting: count('waiting'),
      running: count('running'),
      later: 0,
      dead: count('dead'),
      oldestMs: 0,
    }));
  }

  dead(): Promise<DeadJob[]> {
    return this.reached(() => []);
  }

  revive(id: string): Promise<boolean> {
    return this.reached(() => this.states.get(id) === 'dead' && this.states.set(id, 'waiting').has(id));
  }

  remove(id: string): Promise<boolean> {
    return this.reached(() => this.jobs.delete(id) && this.states.delete(id));
  }

  close(): Promise<void> {
    return Promise.resolve();
  }

  private reached<T>(answer: () => T): Promise<T> {
    if (this.away) return Promise.reject(new ParleyError('state_unavailable', 'the queue is away', true));
    return Promise.resolve(answer());
  }
}
