import { Injectable } from '@nestjs/common';
import { AgentCatalog } from '../agents/agent-catalog.js';
import { spokenWith } from '../agents/spoken-with.js';
import { speechHintsOf } from '../agents/speech-hints.js';
import { type LifecycleStep, Step, type StepReport } from '../lifecycle/step.js';
import { Template } from '../llm/templates.js';
import { ParleyError } from '../kernel/errors.js';
import { SpeechService } from '../speech/speech.service.js';

/** Makes the first call as fast as the next ones: fixed phrases are synthesised, the agents' grammars compiled. */
@Injectable()
@Step({ name: 'warmup', deferred: true, timeoutMs: 60_000 })
export class WarmupStep implements LifecycleStep {
  constructor(
    private readonly catalog: AgentCatalog,
    private readonly speech: SpeechService,
  ) {}

  async start(signal: AbortSignal): Promise<StepReport> {
    let phrases = 0;
    let ready = 0;
    for (const scenario of this.catalog.scenarios()) {
      const agent = this.catalog.agent(scenario.start);
      const variables = { ...scenario.variables, agent: { name: agent.name, description: agent.description } };
      const texts = [agent.greeting?.text, ...agent.noInput.reprompts, agent.noInput.action.text].filter(
        (text) => text !== undefined,
      );
      const spoken = texts.map((text) => Template.parse(text).render(variables));
      ready += await this.speech.warmUp(spokenWith(agent.voice), spoken, speechHintsOf(agent, []), signal);
      phrases += spoken.length;
    }
    if (ready === 0 && phrases > 0)
      throw new ParleyError('tts_failed', `Not one of ${phrases} phrases could be synthesised`, true);
    const [stt, tts] = this.speech.pools().map((pool) => pool.warm_pool_size);
    const summary =
      ready === phrases ? `${ready} phrases ready to play` : `${ready} of ${phrases} phrases ready to play`;
    return { summary, details: { phrases: ready, stt_pool: stt, tts_pool: tts } };
  }
}
