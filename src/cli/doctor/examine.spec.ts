import { describe, expect, it } from '@jest/globals';
import { ManualClock } from '../../kernel/clock.js';
import { examine } from './examine.js';
import { ok, say } from './finding.js';
import { NotValid } from './not-valid.js';

describe('an examination', () => {
  it('that hangs is given up at its limit, is told so, and holds up no other', async () => {
    const clock = new ManualClock();
    let wasTold = false;
    const hanging = (signal: AbortSignal): Promise<never> => {
      signal.addEventListener('abort', () => (wasTold = true));
      return new Promise(() => undefined);
    };
    const examined = examine(
      [
        { about: 'hangs', settings: ['HANGS_URL'], limitMs: 3000, examine: hanging },
        { about: 'works', settings: [], limitMs: 3000, examine: () => [ok('fine')] },
      ],
      clock,
    );
    await clock.advance(3000);
    expect(await examined).toMatchObject([
      {
        about: 'hangs',
        durationMs: 3000,
        findings: [{ verdict: 'problem', says: say`there was no answer within ${3} s`, settings: ['HANGS_URL'] }],
      },
      { about: 'works', durationMs: 0, findings: [{ verdict: 'ok', says: 'fine' }] },
    ]);
    expect(wasTold).toBe(true);
    expect(clock.pending).toBe(0);
  });

  it('that fails is a problem', async () => {
    const fails = (): never => {
      throw new Error('no such thing');
    };
    const check = { about: 'fails', settings: ['ITS_URL'], limitMs: 1000, examine: fails };
    const [examined] = await examine([check], new ManualClock());
    expect(examined!.findings).toMatchObject([{ verdict: 'problem', says: 'no such thing', settings: ['ITS_URL'] }]);
  });

  it('that needs what is not valid is skipped', async () => {
    const needs = (): never => {
      throw new NotValid('ITS_URL');
    };
    const [examined] = await examine(
      [{ about: 'needs', settings: [], limitMs: 1000, examine: needs }],
      new ManualClock(),
    );
    expect(examined!.findings).toEqual([{ verdict: 'skipped', says: 'ITS_URL is not valid' }]);
  });
});
