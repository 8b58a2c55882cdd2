/** What each that comes later is to have left, at least for a moment. */
const KEPT_FOR_OTHERS_MS = 400;
const LEAST_MS = 250;

/**
 * How long the first of several may be waited for, when there is a limit to what somebody waits for all of them.
 *
 * @param ownMs what it may take on its own account @param leftMs of the wait for all; negative when it is over already
 * @param others how many may still be asked after it.
 */
export function shareOfWait(ownMs: number, leftMs: number, others: number): number {
  return Math.min(ownMs, Math.max(leftMs - others * KEPT_FOR_OTHERS_MS, LEAST_MS));
}
