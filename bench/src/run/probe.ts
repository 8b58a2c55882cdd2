/**
 * Preloaded into every server process (`--import`), so that all rows are measured by the same instrument. It does
 * nothing between two questions except keep the event-loop histogram.
 */
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { isMainThread } from 'node:worker_threads';
import type { ProbeReading, ProbeReply, ProbeRequest } from './probe-protocol.ts';

const RESOLUTION_MS = 10;
const ORPHAN_LIMIT_MS = 3000;

if (isMainThread && process.send) {
  const delay = monitorEventLoopDelay({ resolution: RESOLUTION_MS });
  delay.enable();
  let startedAt = performance.now();
  let cpu = process.cpuUsage();

  const millisecondsOf = (nanoseconds: number): number => Math.max(0, nanoseconds / 1e6 - RESOLUTION_MS);
  const read = (): ProbeReading => {
    const used = process.cpuUsage(cpu);
    const { rss, heapUsed } = process.memoryUsage();
    return {
      windowMs: performance.now() - startedAt,
      cpuMs: (used.user + used.system) / 1000,
      loopDelayMs: {
        p50: millisecondsOf(delay.percentile(50)),
        p99: millisecondsOf(delay.percentile(99)),
        max: millisecondsOf(delay.max),
      },
      rssBytes: rss,
      heapUsedBytes: heapUsed,
    };
  };

  process.on('message', ({ probe, id }: ProbeRequest) => {
    const reading = read();
    if (probe === 'start') {
      delay.reset();
      startedAt = performance.now();
      cpu = process.cpuUsage();
    }
    process.send!({ probe: id, reading } satisfies ProbeReply);
  });
  // The server must stop by itself when it has nothing left to do, and must not outlive the bench.
  process.channel?.unref();
  process.on('disconnect', () => {
    setTimeout(() => process.exit(1), ORPHAN_LIMIT_MS).unref();
    process.kill(process.pid, 'SIGTERM');
  });
}
