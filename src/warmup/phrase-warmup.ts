import { Injectable } from '@nestjs/common';
import { AgentCatalog } from '../agents/agent-catalog.js';
import { spokenWith } from '../agents/spoken-with.js';
import { speechHintsOf } from '../agents/speech-hints.js';
import { ParleyError } from '../kernel/errors.js';
import { Template } from '../llm/templates.js';
import { SpeechService } from '../speech/speech.service.js';

/** Makes what the first agent of each scenario says first, or to a caller who waits, before anybody calls. */
@Injectable()
export class PhraseWarmup {
  constructor(
    private readonly catalog: AgentCatalog,
    private readonly speech: SpeechService,
  ) {}

  /** Rejects with `tts_failed` if nothing could be made. */
  async run(signal: AbortSignal): Promise<{ phrases: number; ready: number }> {
    let phrases = 0;
    let ready = 0;
    const { current } = this.catalog;
    for (const scenario of current.scenarios()) {
      const agent = current.agent(scenario.start);
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
