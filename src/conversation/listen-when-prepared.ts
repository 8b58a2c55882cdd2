import type { Clock } from '../kernel/clock.js';
import { messageOf } from '../kernel/errors.js';
import type { SpeechHints } from '../speech/stt-stream.js';
import type { Conversation } from './conversation.js';

export interface PreparationParts {
  readonly hints: SpeechHints;
  /** A recogniser that is not ready by then is asked all the same. */
  readonly readyMs: number;
  readonly clock: Clock;
  readonly session: AbortSignal;
  /** Words to expect in all that is said may change at any time. Returns what ends it. */
  readonly followBias: (onChange: () => void) => () => void;
  readonly onProblem: (message: string) => void;
}

/** The agent can be heard before it can hear: its recogniser learns what to expect in the meantime. */
export function listenWhenPrepared(
  conversation: Pick<Conversation, 'prepare' | 'expectAgain' | 'listen'>,
  { hints, followBias, readyMs, clock, session, onProblem }: PreparationParts,
): void {
  const limit = clock.setTimeout(() => conversation.listen(), readyMs);
  const prepared = Promise.withResolvers<void>();
  const unfollow = followBias(() => void prepared.promise.then(() => conversation.expectAgain()));
  const letGo = (): void => {
    limit.cancel();
    unfollow();
  };
  if (session.aborted) letGo();
  else session.addEventListener('abort', letGo, { once: true });
  conversation
    .prepare(hints)
    .then(() => prepared.resolve())
    .catch((error: unknown) => onProblem(`Recogniser: ${messageOf(error)}`))
    .finally(() => {
      limit.cancel();
      conversation.listen();
    });
}
