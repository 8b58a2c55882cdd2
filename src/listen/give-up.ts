import type { Clock } from '../kernel/clock.js';
import { within } from '../kernel/time-limit.js';
import type { SessionDirectory } from '../state/session-directory.js';

/** What another session sends to the one whose conversation it goes on with. */
export const GIVE_UP = 'listen.give_up';

const GIVE_UP_MS = 3000;

/** Asks the session that has a conversation to let another one go on with it. Never rejects. */
export async function askToGiveUp(
  sessionId: string,
  directory: Pick<SessionDirectory, 'send'>,
  clock: Clock,
): Promise<void> {
  const gone = directory.send(sessionId, GIVE_UP).catch(() => undefined);
  await within(GIVE_UP_MS, gone, clock);
}
