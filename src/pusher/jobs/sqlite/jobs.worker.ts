import { parentPort, workerData } from 'node:worker_threads';
import { serveOrders } from '../../../services/sqlite/sqlite-thread.js';
import { type JobOrder, carriedOutBy } from './job-orders.js';
import { SqliteJobs } from './sqlite-jobs.js';

const jobs = new SqliteJobs((workerData as { file: string }).file);
serveOrders(parentPort!, (order: JobOrder) => carriedOutBy(jobs, order));
