import { expect, it } from '@jest/globals';
import { type MeterProvider, metrics } from '@opentelemetry/api';

it('adds what is new of the sums of a leg, and nothing that is not', async () => {
  const added: [string, number, unknown][] = [];
  metrics.setGlobalMeterProvider({
    getMeter: () => ({
      createCounter: (name: string) => ({
        add: (value: number, attributes: unknown) => added.push([name, value, attributes]),
      }),
    }),
  } as unknown as MeterProvider);
  const { GateMetrics } = await import('./gate-metrics.js');
  const leg = new GateMetrics();
  leg.add('active', { in: 5000, sent: 1000, speech: 800, would_send: 0 });
  leg.add('off', { in: 6000, sent: 2000, speech: 800, would_send: 0 });
  leg.addFailure();
  leg.addGap('timeout', 300);
  metrics.disable();
  expect(added).toEqual([
    ['voice.gate.audio', 5, { kind: 'in', mode: 'active' }],
    ['voice.gate.audio', 1, { kind: 'sent', mode: 'active' }],
    ['voice.gate.audio', 0.8, { kind: 'speech', mode: 'active' }],
    ['voice.gate.audio', 1, { kind: 'in', mode: 'off' }],
    ['voice.gate.audio', 1, { kind: 'sent', mode: 'off' }],
    ['voice.gate.failures', 1, undefined],
    ['voice.gate.gaps', 0.3, { reason: 'timeout' }],
  ]);
});
