import { type Finding, problem, say, warning } from './finding.js';

/** Seconds in the `Date` of HTTP, and the way there and back. */
const UNNOTICEABLE_MS = 3000;
/** What tokens may be off by (JSON Web Tokens, signatures of webhooks and of storage have more). */
const TOKENS_MS = 30_000;
const ADVICE =
  'Have this machine, or the other one, set its clock by NTP: tokens and signatures are only good for a time';

/** What the clock of somebody else says about ours. @param theirs, ours wall-clock ms of the same moment */
export function skewFindings(whose: string, theirs: number, ours: number): Finding[] {
  const skewMs = Math.abs(theirs - ours);
  if (skewMs <= UNNOTICEABLE_MS) return [];
  const says = say`our clock is ${(skewMs / 1000).toFixed(0)} s ${theirs > ours ? 'behind' : 'ahead of'} that of ${whose}`;
  return [skewMs > TOKENS_MS ? problem(says, [], ADVICE) : warning(says, [], ADVICE)];
}
