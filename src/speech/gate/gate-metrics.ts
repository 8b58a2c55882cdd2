import { metrics } from '@opentelemetry/api';
import type { GateMode } from './gate-mode.js';

const meter = metrics.getMeter('parley.speech');
const audio = meter.createCounter('voice.gate.audio', {
  unit: 's',
  description:
    'Audio of legs that are listened to, by kind: `in`, `sent` to a recogniser, `speech`, `would_send` of a shadow',
});
const failures = meter.createCounter('voice.gate.failures', {
  description: 'Legs whose speech detector failed, so that everything of them is sent',
});
const lost = meter.createCounter('voice.gate.gaps', {
  unit: 's',
  description: 'Audio of legs that is missing from their transcript, by reason',
});

type Kind = 'in' | 'sent' | 'speech' | 'would_send';

/** What of one leg has been counted, so that a sum can be added now and then. */
export class GateMetrics {
  private readonly counted: Record<Kind, number> = { in: 0, sent: 0, speech: 0, would_send: 0 };

  /** @param totals ms since the leg began. */
  add(mode: GateMode, totals: Readonly<Record<Kind, number>>): void {
    for (const kind of Object.keys(totals) as Kind[]) {
      const moreMs = totals[kind] - this.counted[kind];
      if (moreMs <= 0) continue;
      this.counted[kind] = totals[kind];
      audio.add(moreMs / 1000, { kind, mode });
    }
  }

  addFailure(): void {
    failures.add(1);
  }

  addGap(reason: string, durationMs: number): void {
    lost.add(durationMs / 1000, { reason });
  }
}
