import { describe, expect, it } from '@jest/globals';
import { ManualClock } from '../../kernel/clock.js';
import { LinkBreaker } from './link-breaker.js';

function setUp() {
  const clock = new ManualClock();
  const states: string[] = [];
  const breaker = new LinkBreaker(clock, { failures: 20, windowMs: 30_000, openMs: 60_000 }, (state) =>
    states.push(state),
  );
  const fail = (times: number): void => {
    for (let time = 0; time < times; time++) breaker.enter()!.failed();
  };
  return { clock, states, breaker, fail };
}

describe('the breaker of all links', () => {
  it('opens with twenty failures in thirty seconds, whatever succeeds in between', async () => {
    const { breaker, clock, fail } = setUp();
    fail(10);
    await clock.advance(29_999);
    breaker.enter()!.succeeded();
    fail(9);
    expect(breaker.state).toBe('closed');
    fail(1);
    expect(breaker.state).toBe('open');
    expect(breaker.retryInMs).toBe(60_000);
    expect(breaker.enter()).toBeUndefined();
  });

  it('forgets failures that are older', async () => {
    const { breaker, clock, fail } = setUp();
    fail(19);
    await clock.advance(30_000);
    fail(19);
    expect(breaker.state).toBe('closed');
  });

  it('lets one try after a minute, and another one after its failure', async () => {
    const { breaker, clock, fail, states } = setUp();
    fail(20);
    await clock.advance(60_000);
    expect(breaker.state).toBe('half_open');
    const probe = breaker.enter()!;
    expect(breaker.enter()).toBeUndefined();
    probe.failed();
    probe.succeeded();
    expect(breaker.state).toBe('open');
    await clock.advance(60_000);
    breaker.enter()!.abandoned();
    const next = breaker.enter()!;
    next.succeeded();
    expect(breaker.state).toBe('closed');
    expect(states).toEqual(['open', 'half_open', 'open', 'half_open', 'half_open', 'closed']);
    fail(19);
    expect(breaker.state).toBe('closed');
  });

  it('is not told anything by attempts from before it opened', async () => {
    const { breaker, clock, fail } = setUp();
    const slow = [breaker.enter()!, breaker.enter()!];
    fail(20);
    await clock.advance(30_000);
    slow[0]!.failed();
    slow[1]!.succeeded();
    expect(breaker.retryInMs).toBe(30_000);
  });
});
