import { type Histogram, metrics } from '@opentelemetry/api';
import { ANSWER_BUCKETS, CALL_BUCKETS, PART_BUCKETS, SILENCE_BUCKETS } from '../kernel/metric-buckets.js';
import type { CallEvents, EventBus } from './event-bus.js';

/** Counts calls and their latencies with OpenTelemetry. Returns how to stop. */
export function recordCallMetrics(bus: EventBus): () => void {
  const counted = new CallMetrics();
  // Who scales on it is to see a process that nobody has called yet.
  counted.active.add(0);
  const stops = [
    bus.on('session.started', () => counted.active.add(1)),
    bus.on('session.ended', ({ reason, outcome, durationMs }) => {
      counted.active.add(-1);
      counted.sessions.add(1, { reason, outcome });
      counted.durations.record(durationMs / 1000);
    }),
    bus.on('caller.greeted', ({ afterMs }) => counted.greetings.record(afterMs / 1000)),
    bus.on('turn.taken', ({ source, understood }) => counted.turns.add(1, { source, understood })),
    bus.on('generation.completed', (generation) => counted.generation(generation)),
    bus.on('agent.silenced', ({ outcome }) => counted.bargeIns.add(1, { outcome })),
    bus.on('agent.changed', ({ to, kind }) => counted.handoffs.add(1, { to, kind })),
    bus.on('call.transferred', ({ status }) => counted.transfers.add(1, { status })),
  ];
  return () => stops.forEach((stop) => stop());
}

class CallMetrics {
  private readonly meter = metrics.getMeter('parley.voice');
  readonly active = this.meter.createUpDownCounter('voice.sessions.active', { description: 'Live voice sessions' });
  readonly sessions = this.meter.createCounter('voice.sessions', {
    description: 'Voice sessions that ended, by reason and by what became of the call',
  });
  readonly durations = this.histogram('voice.session.duration', 'How long voice sessions were', CALL_BUCKETS);
  readonly greetings = this.histogram(
    'voice.greeting.latency',
    'Callers who wait, to the first sound of the greeting',
    PART_BUCKETS,
  );
  readonly turns = this.meter.createCounter('voice.turns', {
    description: 'What callers said, typed or keyed, by source and whether it was understood',
  });
  readonly bargeIns = this.meter.createCounter('voice.barge_ins', {
    description: 'Agents who fell silent because of the caller: interrupted, or resumed because it was nothing',
  });
  readonly handoffs = this.meter.createCounter('voice.handoffs', {
    description: 'Calls that went to another agent, by agent and kind',
  });
  readonly transfers = this.meter.createCounter('voice.transfers', {
    description: 'Calls that were to go to a human, by status',
  });
  private readonly generations = this.meter.createCounter('voice.generations', {
    description: 'Answers of agents, by outcome and what they answered',
  });
  private readonly answers = this.histogram(
    'voice.turn.response_latency',
    'End of speech to the first audio of the answer, by whether tools were used',
    ANSWER_BUCKETS,
  );
  private readonly tokens = this.histogram(
    'voice.llm.time_to_first_token',
    "Start of the answer to the model's first text, by whether tools were used",
  );
  private readonly voices = this.histogram(
    'voice.tts.time_to_first_byte',
    'First sentence to its first audio, by what it answers',
  );
  /** Those without labels, by the names of the wire protocol. */
  private readonly parts: Readonly<Record<string, Histogram>> = {
    endpointing_ms: this.histogram('voice.turn.endpointing_delay', 'End of speech to the end of the turn'),
    stt_final_ms: this.histogram('voice.stt.final_delay', 'End of the turn to the final transcript'),
    llm_first_sentence_ms: this.histogram(
      'voice.llm.time_to_first_sentence',
      'First text of the model to the first sentence that can be spoken',
    ),
    barge_in_stop_ms: this.histogram(
      'voice.barge_in.stop_latency',
      'The first loud frame of a caller to the silence of the agent',
      SILENCE_BUCKETS,
    ),
  };

  generation({ outcome, source, usedTools, metrics: measured }: CallEvents['generation.completed']): void {
    this.generations.add(1, { outcome, source });
    const { voice_to_voice_ms: answeredMs, llm_first_token_ms: begunMs, tts_first_byte_ms: voicedMs } = measured;
    // One that breaks off has answered nothing, however soon it began.
    if (answeredMs !== undefined && outcome !== 'failed') this.answers.record(answeredMs / 1000, { tools: usedTools });
    if (begunMs !== undefined) this.tokens.record(begunMs / 1000, { tools: usedTools });
    // What agents say on their own account often waits in the cache: it says nothing about answers.
    if (voicedMs !== undefined) this.voices.record(voicedMs / 1000, { source });
    for (const [part, valueMs] of Object.entries(measured)) this.parts[part]?.record(valueMs / 1000);
  }

  private histogram(name: string, description: string, explicitBucketBoundaries = PART_BUCKETS): Histogram {
    return this.meter.createHistogram(name, { unit: 's', description, advice: { explicitBucketBoundaries } });
  }
}
