import type { ScriptedConfig } from '../../config/scripted.config.js';
import { Chance, Faults } from '../../kernel/chance.js';
import type { Clock } from '../../kernel/clock.js';
import { ParleyError } from '../../kernel/errors.js';
import { ScriptedLlmClient, type ScriptedReply, type ScriptedStep } from './scripted-llm.client.js';

/** The model that SCRIPTED_LLM_… describe. What goes wrong with an answer goes wrong half-way through its words. */
export function configuredLlm(config: ScriptedConfig, clock: Clock): ScriptedLlmClient {
  const pieces = config.llmWordMs === 0 ? [config.llmText] : wordsOf(config.llmText);
  const whole = pieces.map((text, index): ScriptedStep => ({
    text,
    afterMs: index === 0 ? config.llmDelayMs : config.llmWordMs,
  }));
  const words = wordsOf(config.llmText);
  const half = words.slice(0, Math.floor(words.length / 2));
  const beginning: ScriptedReply =
    config.llmWordMs === 0 ? [{ text: half.join(''), afterMs: config.llmDelayMs }] : whole.slice(0, half.length);
  const replies: Readonly<Record<'failure' | 'stall' | 'wrong', ScriptedReply>> = {
    failure: [...beginning, { error: new ParleyError('llm_failed', 'The scripted model failed', true) }],
    stall: [...beginning, { stall: true }],
    wrong: [{ tool: 'no_such_tool', arguments: { nonsense: true } }],
  };
  const shares = { failure: config.llmFailureRate, stall: config.llmStallRate, wrong: config.llmWrongRate };
  const faults = new Faults(shares, new Chance(config.seed));
  return new ScriptedLlmClient(
    clock,
    () => {
      const fault = faults.draw();
      return fault ? replies[fault] : whole;
    },
    false,
  );
}

function wordsOf(text: string): string[] {
  return text.match(/\S+\s*/g) ?? [text];
}
