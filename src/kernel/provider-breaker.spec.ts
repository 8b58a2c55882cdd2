import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { ManualClock } from './clock.js';
import { type Attempt, type BreakerState, ProviderBreaker } from './provider-breaker.js';

function breaker(failures = 3) {
  const clock = new ManualClock();
  const changes: BreakerState[] = [];
  const it = new ProviderBreaker(clock, { failures, openMs: 10_000 }, (state) => changes.push(state));
  return { clock, changes, breaker: it };
}

describe('ProviderBreaker', () => {
  it('opens after so many failures in a row, and lets one attempt in when its time is over', async () => {
    const { clock, changes, breaker: it } = breaker();
    it.enter()!.failed();
    it.enter()!.failed();
    it.enter()!.succeeded();
    it.enter()!.failed();
    it.enter()!.failed();
    expect(it.state).toBe('closed');
    it.enter()!.failed();
    expect([it.state, it.retryInMs, it.enter()]).toEqual(['open', 10_000, undefined]);
    await clock.advance(9_999);
    expect([it.state, it.retryInMs]).toEqual(['open', 1]);
    await clock.advance(1);
    expect([it.state, it.retryInMs]).toEqual(['half_open', 0]);
    const attempt = it.enter()!;
    expect([it.state, it.enter()]).toEqual(['half_open', undefined]);
    attempt.succeeded();
    expect(it.state).toBe('closed');
    expect(changes).toEqual(['open', 'half_open', 'closed']);
    it.enter()!.failed();
    expect(it.state).toBe('closed');
  });

  it('opens again when the attempt fails', async () => {
    const { clock, changes, breaker: it } = breaker(1);
    it.enter()!.failed();
    await clock.advance(10_000);
    it.enter()!.failed();
    expect([it.state, it.retryInMs]).toEqual(['open', 10_000]);
    expect(changes).toEqual(['open', 'half_open', 'open']);
  });

  it('opens at once and as long as it is told to', async () => {
    const { clock, breaker: it } = breaker();
    it.enter()!.failed(60_000);
    await clock.advance(59_999);
    expect(it.state).toBe('open');
    await clock.advance(1);
    expect(it.state).toBe('half_open');
  });

  it('counts an abandoned attempt as neither, and lets in the next one', async () => {
    const { clock, breaker: it } = breaker(2);
    it.enter()!.failed();
    it.enter()!.abandoned();
    it.enter()!.failed();
    expect(it.state).toBe('open');
    await clock.advance(10_000);
    it.enter()!.abandoned();
    expect(it.state).toBe('half_open');
    it.enter()!.succeeded();
    expect(it.state).toBe('closed');
  });

  it('ignores what attempts from before the last change tell', async () => {
    const { clock, breaker: it } = breaker(1);
    const [slow, failing, alsoFailing] = [it.enter()!, it.enter()!, it.enter()!];
    failing.failed();
    await clock.advance(5_000);
    alsoFailing.failed();
    expect(it.retryInMs).toBe(5_000);
    slow.succeeded();
    expect(it.state).toBe('open');
    await clock.advance(5_000);
    const probe = it.enter()!;
    slow.abandoned();
    expect(it.enter()).toBeUndefined();
    probe.succeeded();
    probe.failed();
    expect(it.state).toBe('closed');
  });

  it('never lets in anybody while open, nor two while half open, and never stays shut', async () => {
    const step = fc.oneof(
      fc.record({ do: fc.constant('enter' as const) }),
      fc.record({
        do: fc.constantFrom('succeeded' as const, 'failed' as const, 'abandoned' as const),
        which: fc.nat(20),
      }),
      fc.record({ do: fc.constant('wait' as const), ms: fc.nat(12_000) }),
    );
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 60 }), async (steps) => {
        const { clock, changes, breaker: it } = breaker();
        const attempts: Attempt[] = [];
        let trial: Attempt | undefined;
        for (const action of steps) {
          if (action.do === 'wait') await clock.advance(action.ms);
          else if (action.do === 'enter') {
            const before = it.state;
            const attempt = it.enter();
            expect(attempt === undefined).toBe(before === 'open' || trial !== undefined);
            if (attempt && before === 'half_open') trial = attempt;
            if (attempt) attempts.push(attempt);
          } else {
            const attempt = attempts[action.which % Math.max(1, attempts.length)];
            attempt?.[action.do]();
            if (attempt && attempt === trial) trial = undefined;
          }
        }
        for (let i = 1; i < changes.length; i++) {
          const allowed: Record<BreakerState, BreakerState[]> = {
            closed: ['open'],
            open: ['half_open'],
            half_open: ['open', 'closed'],
          };
          expect(allowed[changes[i - 1]!]).toContain(changes[i]);
        }
        trial?.abandoned();
        await clock.advance(it.retryInMs);
        it.enter()!.succeeded();
        expect(it.state).toBe('closed');
        expect(clock.pending).toBe(0);
      }),
      { numRuns: 200 },
    );
  });
});
