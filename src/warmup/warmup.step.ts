import { Injectable } from '@nestjs/common';
import { AgentCatalog } from '../agents/agent-catalog.js';
import { spokenWith } from '../agents/spoken-with.js';
import { speechHintsOf } from '../agents/speech-hints.js';
import { type LifecycleStep, Step, type StepReport } from '../lifecycle/step.js';
import { LlmClient } from '../llm/llm-client.js';
import { Template } from '../llm/templates.js';
import { ParleyError } from '../kernel/errors.js';
import { SpeechService } from '../speech/speech.service.js';

/** Makes the first call as fast as the next ones: connections are made, fixed phrases synthesised, grammars compiled. */
@Injectable()
@Step({ name: 'warmup', deferred: true, timeoutMs: 60_000 })
export class WarmupStep implements LifecycleStep {
  constructor(
    private readonly catalog: AgentCatalog,
    private readonly speech: SpeechService,
    private readonly llm: LlmClient,
  ) {}

  async start(signal: AbortSignal): Promise<StepReport> {
    const [model, providers, spoken] = await Promise.all([
      this.llm.warmUp(signal),
      this.speech.warmUpProviders(signal),
      this.synthesise(signal),
    ]);
    const [stt, tts] = this.speech.pools().map((pool) => pool.warm_pool_size);
    const speech = Object.fromEntries(providers.map(({ kind, provider, ok }) => [`${kind}_${provider}`, ok]));
    const cold = [...(model ? [] : ['model']), ...providers.filter(({ ok }) => !ok).map(({ provider }) => provider)];
    const summary = `${spoken.ready} of ${spoken.phrases} phrases ready to play${cold.length > 0 ? `; not warm: ${cold.join(', ')}` : ''}`;
    return { summary, details: { openai: model, ...speech, phrases: spoken.ready, stt_pool: stt, tts_pool: tts } };
  }

  private async synthesise(signal: AbortSignal): Promise<{ phrases: number; ready: number }> {
    let phrases = 0;
    let ready = 0;
    for (const scenario of this.catalog.scenarios()) {
      const agent = this.catalog.agent(scenario.start);
      const variables = { ...scenario.variables, agent: { name: agent.name, description: agent.description } };
      const { greeting, noInput, waiting } = agent;
      // What is said to a caller who waits has no time to be made.
      const texts = [greeting?.text, ...waiting, ...noInput.reprompts, noInput.action.text].filter(
        (text) => text !== undefined,
      );
      const spoken = texts.map((text) => Template.parse(text).render(variables));
      ready += await this.speech.warmUp(spokenWith(agent.voice), spoken, speechHintsOf(agent, []), signal);
      phrases += spoken.length;
    }
    if (ready === 0 && phrases > 0)
      throw new ParleyError('tts_failed', `Not one of ${phrases} phrases could be synthesised`, true);
    return { phrases, ready };
  }
}
