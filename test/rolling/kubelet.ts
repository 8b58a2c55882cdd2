import { setTimeout as pause } from 'node:timers/promises';
import { type Probe, chartProbes } from './chart-probes.js';

/** What a kubelet has to do with a pod. */
export interface Probed {
  readonly name: string;
  readonly url: string;
  readonly lives: boolean;
}

/**
 * Asks pods as the chart has them asked: until one has started, and from then on whether it lives. What would have been a
 * restart is noted, and nothing restarted. Whether calls go there is asked by the balancer.
 */
export class Kubelet {
  /** One sentence each. */
  readonly restarts: string[] = [];
  /** Questions whether a pod that has started lives. */
  asked = 0;
  missed = 0;
  slowestMs = 0;
  private readonly probes = chartProbes();
  private readonly watches = new Map<Probed, AbortController>();

  watch(pod: Probed): void {
    const watch = new AbortController();
    this.watches.set(pod, watch);
    void this.ask(pod, watch.signal).catch(() => undefined);
  }

  /** A pod that is being deleted is not asked any more. */
  leave(pod: Probed): void {
    this.watches.get(pod)?.abort();
    this.watches.delete(pod);
  }

  stop(): void {
    for (const pod of this.watches.keys()) this.leave(pod);
  }

  private async ask(pod: Probed, signal: AbortSignal): Promise<void> {
    const { startup, liveness } = this.probes;
    for (let failures = 0; !(await isWell(pod, startup));) {
      if (!pod.lives || signal.aborted) return;
      if (++failures === startup.failures) return void this.restarts.push(`${pod.name} has not started`);
      await pause(startup.periodMs, undefined, { signal });
    }
    for (let failures = 0; failures < liveness.failures;) {
      await pause(liveness.periodMs, undefined, { signal });
      const askedAt = performance.now();
      const isAlive = await isWell(pod, liveness);
      if (!pod.lives || signal.aborted) return;
      this.asked++;
      this.slowestMs = Math.max(this.slowestMs, performance.now() - askedAt);
      if (!isAlive) this.missed++;
      failures = isAlive ? 0 : failures + 1;
    }
    this.restarts.push(`${pod.name} has not answered ${liveness.failures} times`);
  }
}

async function isWell({ url }: Probed, { path, timeoutMs }: Probe): Promise<boolean> {
  return await fetch(`${url}${path}`, { signal: AbortSignal.timeout(timeoutMs) }).then(
    ({ ok }) => ok,
    () => false,
  );
}
