import { describe, expect, it } from '@jest/globals';
import { ManualClock } from '../../kernel/clock.js';
import { examine } from './examine.js';
import { ok } from './finding.js';

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
        { about: 'hangs', limitMs: 3000, examine: hanging },
        { about: 'works', limitMs: 3000, examine: () => [ok('fine')] },
      ],
      clock,
    );
    await clock.advance(3000);
    expect(await examined).toMatchObject([
      { about: 'hangs', durationMs: 3000, findings: [{ verdict: 'problem', says: 'there was no answer within 3 s' }] },
      { about: 'works', durationMs: 0, findings: [{ verdict: 'ok', says: 'fine' }] },
    ]);
    expect(wasTold).toBe(true);
    expect(clock.pending).toBe(0);
  });

  it('that fails is a problem', async () => {
    const fails = (): never => {
      throw new Error('no such thing');
    };
    const [examined] = await examine([{ about: 'fails', limitMs: 1000, examine: fails }], new ManualClock());
    expect(examined!.findings).toMatchObject([{ verdict: 'problem', says: 'no such thing' }]);
  });
});
