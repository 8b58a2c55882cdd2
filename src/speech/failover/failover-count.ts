import { metrics } from '@opentelemetry/api';

const failovers = metrics
  .getMeter('parley.speech')
  .createCounter('voice.speech.failovers', { description: 'Utterances and sentences that another provider took over' });

export function countFailover(kind: 'stt' | 'tts', from: string, to: string): void {
  failovers.add(1, { kind, from, to });
}
