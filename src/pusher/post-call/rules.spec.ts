import { describe, expect, it } from '@jest/globals';
import { record } from '../../services/conversations/testing/writer-bench.js';
import type { CallTurn, Leg } from './call-turns.js';
import { readByRules } from './rules.js';

function turns(...said: [leg: Leg, text: string][]): CallTurn[] {
  return said.map(([leg, text], index) => ({ leg, text, startMs: index * 3000, endMs: index * 3000 + 2000 }));
}

describe('what rules read out of a call', () => {
  const call = turns(
    ['agent', 'Hello, thank you for calling. How can I help you today?'],
    ['customer', 'my parcel with order AB-1234 has not arrived and I paid $59.90 for it'],
    ['agent', 'I am sorry. I will send a new parcel tomorrow. Please keep your reference.'],
    ['customer', 'that is great, thank you, goodbye'],
  );
  const reading = readByRules(record('a', []), call);

  it('are sentences that were said', () => {
    expect(reading.title).toBe('My parcel with order AB-1234 has not arrived and I paid $59.90 for it.');
    expect(reading.overview).toContain('I will send a new parcel tomorrow.');
  });

  it('is who promised what, and who has to do what', () => {
    expect(reading.action_items).toEqual([
      { text: 'I will send a new parcel tomorrow.', owner: 'agent' },
      { text: 'Please keep your reference.', owner: 'customer' },
    ]);
  });

  it('is what was named', () => {
    expect(reading.entities).toEqual(
      expect.arrayContaining([
        { kind: 'amount', text: '$59.90' },
        { kind: 'reference', text: 'order AB-1234' },
        { kind: 'date', text: 'tomorrow' },
      ]),
    );
  });

  it('is how it ended, and how both felt', () => {
    expect(reading).toMatchObject({ disposition: 'resolved', sentiment: { customer: 'positive' } });
    const angry = turns(['customer', 'this is unacceptable, I am very angry'], ['agent', 'I understand.']);
    expect(readByRules(record('a', []), angry)).toMatchObject({
      disposition: 'unresolved',
      sentiment: { customer: 'negative', agent: 'neutral' },
    });
    expect(readByRules(record('a', []), turns(['customer', 'that is not good at all'])).sentiment.customer).toBe(
      'negative',
    );
    expect(readByRules(record('a', []), turns(['agent', 'Hello?'])).disposition).toBe('abandoned');
    expect(readByRules(record('a', [], { endReason: 'transferred' }), call).disposition).toBe('transferred');
  });

  it('is never long, whatever was said', () => {
    const endless = readByRules(
      record('a', []),
      turns(['customer', 'word '.repeat(5000)], ['agent', 'x'.repeat(5000)]),
    );
    expect(endless.title.length).toBeLessThanOrEqual(80);
    expect(endless.overview.length).toBeLessThanOrEqual(600);
  });
});
