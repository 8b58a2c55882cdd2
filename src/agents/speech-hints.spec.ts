import { afterAll, describe, expect, it } from '@jest/globals';
import { CONFIRMATION } from '../llm/dialogue-spec.js';
import { speechHintsOf } from './speech-hints.js';
import { ShippedAgents } from './testing/shipped-agents.js';

const shipped = new ShippedAgents();
afterAll(() => shipped.close());

const concierge = shipped.catalog.agent('concierge');
const fraudDesk = shipped.catalog.agent('fraud_desk');

describe('speechHintsOf', () => {
  it('holds the examples of all intents, small talk and commands too', () => {
    const { phrases, answers, language } = speechHintsOf(concierge, []);
    for (const phrase of ['what is my balance', 'speak to a person please', 'stop', 'goodbye'])
      expect(phrases).toContain(phrase);
    expect({ answers, language }).toEqual({ answers: [], language: 'en-US' });
  });

  it('adds what may answer the last question, and how it may be corrected', () => {
    const { phrases, answers, slots } = speechHintsOf(concierge, ['card_last4']);
    expect(answers).toEqual(['card_last4']);
    expect(phrases).toEqual(expect.arrayContaining(['my card ends in {card_last4}', 'no {card_last4}']));
    expect(slots['card_last4']).toEqual({ kind: 'digits', minLength: 4, maxLength: 4 });
  });

  it('knows yes and no without an agent saying so, and ignores slots there are not', () => {
    const { answers, slots } = speechHintsOf(concierge, [CONFIRMATION, 'nonsense']);
    expect(answers).toEqual([CONFIRMATION]);
    expect(slots[CONFIRMATION]).toEqual({ kind: 'yesno' });
  });

  it('has an id per agent and question, whatever the order', () => {
    const ids = [
      speechHintsOf(concierge, []).id,
      speechHintsOf(concierge, ['pin']).id,
      speechHintsOf(concierge, ['card_last4', CONFIRMATION]).id,
      speechHintsOf(fraudDesk, []).id,
    ];
    expect(new Set(ids).size).toBe(ids.length);
    expect(speechHintsOf(concierge, [CONFIRMATION, 'card_last4'])).toBe(
      speechHintsOf(concierge, ['card_last4', CONFIRMATION]),
    );
  });

  it('refers to no slot that it does not hold', () => {
    for (const agent of shipped.catalog.agents()) {
      const { phrases, slots } = speechHintsOf(agent, Object.keys(agent.dialogue.slots));
      const names = phrases.flatMap((phrase) => [...phrase.matchAll(/\{([^}]+)\}/g)].map(([, name]) => name!));
      expect(names.filter((name) => !(name in slots))).toEqual([]);
    }
  });
});
