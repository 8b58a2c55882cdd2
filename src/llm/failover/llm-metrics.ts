import { metrics } from '@opentelemetry/api';
import { PART_BUCKETS, REQUEST_BUCKETS, TOKEN_BUCKETS } from '../../kernel/metric-buckets.js';
import type { BreakerState } from '../../kernel/provider-breaker.js';
import { Attribute } from '../../kernel/telemetry-names.js';
import type { LlmModelStatus, LlmUsage } from '../llm-client.js';
import type { LlmFault } from '../llm-error.js';
import { identityOf } from '../model-identity.js';

const STATES: Readonly<Record<BreakerState, number>> = { closed: 0, half_open: 1, open: 2 };

/** `aborted`: whoever wanted it has interrupted, or hung up. */
export type RequestFailure = LlmFault | 'failed' | 'aborted';

/** Requests, tokens, failovers and the models' states, with OpenTelemetry; the first two as its conventions have them. */
export class LlmMetrics {
  private readonly meter = metrics.getMeter('parley.llm');
  private readonly tokens = this.meter.createHistogram('gen_ai.client.token.usage', {
    unit: '{token}',
    description: 'Tokens of one request, by model and direction',
    advice: { explicitBucketBoundaries: TOKEN_BUCKETS },
  });
  private readonly durations = this.meter.createHistogram('gen_ai.client.operation.duration', {
    unit: 's',
    description: 'How long requests to models took, by model and kind of failure',
    advice: { explicitBucketBoundaries: REQUEST_BUCKETS },
  });
  private readonly firstChunks = this.meter.createHistogram('gen_ai.client.operation.time_to_first_chunk', {
    unit: 's',
    description: 'How long models took to begin their answers',
    advice: { explicitBucketBoundaries: PART_BUCKETS },
  });
  private readonly failovers = this.meter.createCounter('llm.failovers', {
    description: 'Answers that a model did not give, by model and reason',
  });
  private readonly state = this.meter.createObservableGauge('llm.model.state', {
    description: 'Whether a model is asked: 0 yes, 1 on trial, 2 no',
  });

  usage(model: string, { inputTokens, outputTokens }: LlmUsage): void {
    const attributes = attributesOf(model);
    this.tokens.record(inputTokens, { ...attributes, 'gen_ai.token.type': 'input' });
    this.tokens.record(outputTokens, { ...attributes, 'gen_ai.token.type': 'output' });
  }

  firstChunk(model: string, afterMs: number): void {
    this.firstChunks.record(afterMs / 1000, attributesOf(model));
  }

  /** A request is over. @param failure undefined if it was answered */
  request(model: string, durationMs: number, failure?: RequestFailure): void {
    this.durations.record(durationMs / 1000, {
      ...attributesOf(model),
      ...(failure !== undefined && { [Attribute.errorType]: failure }),
    });
  }

  failover(model: string, reason: LlmFault | 'failed'): void {
    this.failovers.add(1, { model, reason });
  }

  /** Returns how to stop. */
  observe(models: () => readonly LlmModelStatus[]): () => void {
    const report: Parameters<typeof this.state.addCallback>[0] = (result) => {
      for (const { name, state } of models()) result.observe(STATES[state], { model: name });
    };
    this.state.addCallback(report);
    return () => this.state.removeCallback(report);
  }
}

function attributesOf(model: string): Record<string, string> {
  const { provider, name } = identityOf(model);
  return { [Attribute.operation]: 'chat', [Attribute.provider]: provider, [Attribute.requestModel]: name };
}
