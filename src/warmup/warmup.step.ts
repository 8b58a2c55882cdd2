import { Injectable } from '@nestjs/common';
import { type LifecycleStep, Step, type StepReport } from '../lifecycle/step.js';
import { LlmClient, type LlmWarmUp } from '../llm/llm-client.js';
import { SpeechService } from '../speech/speech.service.js';
import { PhraseWarmup } from './phrase-warmup.js';

/** Makes the first call as fast as the next ones: connections are made, fixed phrases synthesised, grammars compiled. */
@Injectable()
@Step({ name: 'warmup', deferred: true, timeoutMs: 60_000 })
export class WarmupStep implements LifecycleStep {
  constructor(
    private readonly phrases: PhraseWarmup,
    private readonly speech: SpeechService,
    private readonly llm: LlmClient,
  ) {}

  async start(signal: AbortSignal): Promise<StepReport> {
    const [models, providers, spoken] = await Promise.all([
      this.llm.warmUpEach(signal),
      this.speech.warmUpProviders(signal),
      this.phrases.run(signal),
    ]);
    const [stt, tts] = this.speech.pools().map((pool) => pool.warm_pool_size);
    const cold = [
      ...models.filter(({ ok }) => !ok).map(({ model }) => model),
      ...providers.filter(({ ok }) => !ok).map(({ provider }) => provider),
    ];
    const summary = `${spoken.ready} of ${spoken.phrases} phrases ready to play${cold.length > 0 ? `; not warm: ${cold.join(', ')}` : ''}`;
    const details = {
      openai: areWarm(models),
      ...Object.fromEntries(models.map(({ model, ok }) => [`llm_${model}`, ok])),
      ...Object.fromEntries(providers.map(({ kind, provider, ok }) => [`${kind}_${provider}`, ok])),
      phrases: spoken.ready,
      stt_pool: stt,
      tts_pool: tts,
    };
    return { summary, details };
  }
}

/** All of those at OpenAI and Azure OpenAI; without any there, all that there are. */
function areWarm(models: readonly LlmWarmUp[]): boolean {
  const there = models.filter(({ model }) => /^(azure|openai):/.test(model));
  return (there.length > 0 ? there : models).every(({ ok }) => ok);
}
