import type { SqliteJobs } from './sqlite-jobs.js';

type Method = Exclude<keyof SqliteJobs, 'close'>;

/** What the thread is asked to do: a method of SqliteJobs with its arguments. */
export type JobOrder = { readonly [M in Method]: { readonly do: M; readonly with: Parameters<SqliteJobs[M]> } }[Method];

export function carriedOutBy(jobs: SqliteJobs, order: JobOrder): unknown {
  return (jobs[order.do] as (...given: unknown[]) => unknown).apply(jobs, order.with);
}
