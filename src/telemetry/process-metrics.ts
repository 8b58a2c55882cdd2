import type { MeterProvider } from '@opentelemetry/sdk-metrics';
import { EventLoopDelay } from './event-loop-delay.js';
import { productVersion } from './product-version.js';

const MICROSECONDS = 1e6;

/** What OpenTelemetry's conventions for Node.js and for processes have, and which build this is. */
export function measureProcess(provider: MeterProvider, role: string): void {
  const meter = provider.getMeter('parley.process');
  const gauge = (name: string, unit: string, description: string): ReturnType<typeof meter.createObservableGauge> =>
    meter.createObservableGauge(name, { unit, description });
  const build = gauge('parley.build.info', '', 'Always 1; which version this is, of Node.js too, and in which role');
  const median = gauge('nodejs.eventloop.delay.p50', 's', 'How late the event loop is, median');
  const late = gauge('nodejs.eventloop.delay.p99', 's', 'How late the event loop is, of 99 in 100 times');
  const latest = gauge('nodejs.eventloop.delay.max', 's', 'How late the event loop is, at worst');
  const busy = gauge(
    'nodejs.eventloop.utilization',
    '1',
    'Share of the time in which the event loop has something to do',
  );
  const memory = gauge('process.memory.usage', 'By', 'Memory that the process has');
  const heap = gauge('v8js.memory.heap.used', 'By', 'Memory of JavaScript objects');
  const uptime = gauge('process.uptime', 's', 'Since when the process runs');
  const cpu = meter.createObservableCounter('process.cpu.time', {
    unit: 's',
    description: 'Computing time, of all threads',
  });
  const version = productVersion();
  const loop = new EventLoopDelay();
  meter.addBatchObservableCallback(
    (result) => {
      result.observe(build, 1, { version, node: process.versions.node, role });
      const { p50Ms, p99Ms, maxMs, utilization } = loop.read();
      result.observe(median, p50Ms / 1000);
      result.observe(late, p99Ms / 1000);
      result.observe(latest, maxMs / 1000);
      result.observe(busy, utilization);
      const { rss, heapUsed } = process.memoryUsage();
      result.observe(memory, rss);
      result.observe(heap, heapUsed);
      result.observe(uptime, process.uptime());
      const { user, system } = process.cpuUsage();
      result.observe(cpu, user / MICROSECONDS, { 'cpu.mode': 'user' });
      result.observe(cpu, system / MICROSECONDS, { 'cpu.mode': 'system' });
    },
    [build, median, late, latest, busy, memory, heap, uptime, cpu],
  );
}
