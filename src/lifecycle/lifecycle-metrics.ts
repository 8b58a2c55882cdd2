import { type ObservableResult, metrics } from '@opentelemetry/api';

const STATES = ['starting', 'ready', 'draining'] as const;

/** `starting`: also while a deferred step fails, and is tried again. `ready`: what is new comes here. */
export type LifecycleState = (typeof STATES)[number];

/** Shows in which state a process of this role is, from now on. Returns how to stop. */
export function recordLifecycle(role: string, stateNow: () => LifecycleState): () => void {
  const gauge = metrics.getMeter('parley.lifecycle').createObservableGauge('parley.lifecycle.state', {
    description: 'In which state this process is: 1 for that one, 0 for the others',
  });
  const observe = (result: ObservableResult): void => {
    const now = stateNow();
    for (const state of STATES) result.observe(state === now ? 1 : 0, { role, state });
  };
  gauge.addCallback(observe);
  return () => gauge.removeCallback(observe);
}
