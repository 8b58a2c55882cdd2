import { describe, expect, it } from '@jest/globals';
import { spokenForm } from '../../../spoken-form.js';
import { clauseText, planClauses, wordsOf } from './clauses.js';

const clausesOf = (text: string): string[] => planClauses(spokenForm(text)).map(clauseText);

describe('clauses', () => {
  it('ends the first one at the first comma that has something before it, later ones at sentences', () => {
    expect(clausesOf('Well, thank you for calling, my name is Anna, and I am here. How are you?')).toEqual([
      'Well, thank you for calling,',
      'my name is Anna, and I am here.',
      'How are you.',
    ]);
  });

  it('cuts what has no punctuation before a phrase, and bounds every piece', () => {
    const [first, second] = clausesOf(
      'I have transferred two hundred dollars from your savings account to the account that your landlord gave you for the rent of your new house',
    );
    expect(first).toBe('I have transferred two hundred dollars from your savings account to the account,');
    expect(second).toBe('that your landlord gave you for the rent of your new house,');
    for (const clause of clausesOf('hello '.repeat(500))) expect(clause.length).toBeLessThan(170);
  });

  it('keeps every word once', () => {
    const text =
      'One, two; three. Four: five (six) seven! Eight nine ten eleven twelve thirteen fourteen, fifteen.'.repeat(5);
    expect(planClauses(spokenForm(text)).flatMap((clause) => clause.segments)).toEqual(spokenForm(text));
  });

  it('has no clause for nothing', () => {
    expect(clausesOf('')).toEqual([]);
    expect(clausesOf('... 😀')).toEqual([]);
  });

  it('counts hyphenated numbers as two words', () => {
    expect(wordsOf(spokenForm('45')[0]!)).toEqual(['forty', 'five']);
  });
});
