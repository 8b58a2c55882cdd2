import type { JobAnswer } from './messages.js';

/** Answers each job once. */
export function answering<Job, Result>(
  work: (job: Job) => Promise<Result> | Result,
  send: (answer: JobAnswer<Result>) => void,
): (job: Job) => void {
  return (job) => {
    Promise.resolve(job)
      .then(work)
      .then(
        (result) => send({ result }),
        (error: unknown) => send({ error: error instanceof Error ? error.message : String(error) }),
      );
  };
}
