import { metrics } from '@opentelemetry/api';
import type { BreakerState } from '../../kernel/provider-breaker.js';
import type { LlmModelStatus, LlmUsage } from '../llm-client.js';
import type { LlmFault } from '../llm-error.js';
import { identityOf } from '../model-identity.js';

const STATES: Readonly<Record<BreakerState, number>> = { closed: 0, half_open: 1, open: 2 };

/** Tokens, failovers and the models' states, with OpenTelemetry. Tokens as its conventions for generative AI have it. */
export class LlmMetrics {
  private readonly meter = metrics.getMeter('parley.llm');
  private readonly tokens = this.meter.createHistogram('gen_ai.client.token.usage', {
    unit: '{token}',
    description: 'Tokens of one request, by model and direction',
  });
  private readonly failovers = this.meter.createCounter('llm.failovers', {
    description: 'Answers that a model did not give, by model and reason',
  });
  private readonly state = this.meter.createObservableGauge('llm.model.state', {
    description: 'Whether a model is asked: 0 yes, 1 on trial, 2 no',
  });

  usage(model: string, { inputTokens, outputTokens }: LlmUsage): void {
    const { provider, name } = identityOf(model);
    const attributes = {
      'gen_ai.operation.name': 'chat',
      'gen_ai.provider.name': provider,
      'gen_ai.request.model': name,
    };
    this.tokens.record(inputTokens, { ...attributes, 'gen_ai.token.type': 'input' });
    this.tokens.record(outputTokens, { ...attributes, 'gen_ai.token.type': 'output' });
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
