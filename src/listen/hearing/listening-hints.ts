import { Injectable } from '@nestjs/common';
import { AgentCatalog } from '../../agents/agent-catalog.js';
import { speechHintsOf } from '../../agents/speech-hints.js';
import { AgentsConfig } from '../../config/agents.config.js';
import { CONFIRMATION } from '../../llm/dialogue-spec.js';
import { PhraseListManager } from '../../services/phrases/phrase-list-manager.js';
import type { SpeechHints } from '../../speech/stt-stream.js';
import { mergedHints } from './merged-hints.js';

/**
 * What people may say to each other. A recogniser that is bound to a grammar understands what callers may say to the
 * agents of the default scenario, at any point of their dialogues; the others take it for advice, or not at all.
 */
@Injectable()
export class ListeningHints {
  private readonly byLanguage = new Map<string, SpeechHints>();

  constructor(
    private readonly catalog: AgentCatalog,
    private readonly config: AgentsConfig,
    private readonly phrases: PhraseListManager,
  ) {}

  /** @param language BCP 47 */
  of(language: string, tenant: string): SpeechHints {
    let hints = this.byLanguage.get(language);
    if (!hints) this.byLanguage.set(language, (hints = this.build(language)));
    return { ...hints, bias: this.phrases.of(tenant) };
  }

  private build(language: string): SpeechHints {
    const { agents } = this.catalog.scenario(this.config.scenario);
    const speaking = agents
      .map((name) => this.catalog.agent(name))
      .filter((agent) => primaryOf(agent.language) === primaryOf(language));
    const hints = speaking.map((agent) => speechHintsOf(agent, [...Object.keys(agent.dialogue.slots), CONFIRMATION]));
    return mergedHints(language, hints);
  }
}

export function primaryOf(language: string): string {
  return language.split('-')[0]!.toLowerCase();
}
