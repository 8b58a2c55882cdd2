import { Aborted, untilAborted } from '../../kernel/abort.js';
import type { Clock } from '../../kernel/clock.js';
import { messageOf } from '../../kernel/errors.js';
import { type Check, type Finding, type Words, problem, say, skipped } from './finding.js';
import { NotValid } from './not-valid.js';

export interface Examined<Says extends Words = Words> {
  readonly about: string;
  readonly durationMs: number;
  readonly findings: readonly Finding<Says>[];
}

/** All checks at the same time, each within its limit; never rejects. */
export async function examine(checks: readonly Check[], clock: Clock): Promise<Examined[]> {
  for (const check of checks) await check.prepare?.().catch(() => undefined);
  return await Promise.all(checks.map((check) => examineOne(check, clock)));
}

async function examineOne(check: Check, clock: Clock): Promise<Examined> {
  const startedAt = clock.now();
  const limit = new AbortController();
  const timer = clock.setTimeout(() => limit.abort(new Aborted('timeout')), check.limitMs);
  let findings: readonly Finding[];
  try {
    findings = await untilAborted(
      Promise.resolve().then(() => check.examine(limit.signal)),
      limit.signal,
    );
  } catch (error) {
    findings = [limit.signal.aborted ? tooSlow(check) : notDone(error, check)];
  } finally {
    timer.cancel();
    // What still goes on has nobody left to tell.
    limit.abort(new Aborted('completed'));
  }
  return { about: check.about, durationMs: Math.round(clock.now() - startedAt), findings };
}

/** Why something was not looked at to its end. */
export function notDone(error: unknown, { settings }: Pick<Check, 'settings'>): Finding {
  if (error instanceof NotValid) return skipped(messageOf(error));
  return problem(messageOf(error), settings, 'See docs/operations.md');
}

function tooSlow({ limitMs, settings }: Check): Finding {
  return problem(
    say`there was no answer within ${limitMs / 1000} s`,
    settings,
    'See whether it is the right address; look at the way there: name resolution, firewalls, network policies',
  );
}
