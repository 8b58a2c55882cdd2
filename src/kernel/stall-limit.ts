import { Aborted, childController } from './abort.js';
import type { Clock } from './clock.js';

/** For every source that came to its end: an error costs more than the signal it is for. */
const OVER = new Aborted('completed');

/**
 * What `open` yields, as long as the next item never takes longer than `limitMs`, which is asked for each. After that the signal given to `open`
 * is aborted and `error()` thrown; what the source does then nobody waits for.
 */
export async function* withStallLimit<T>(
  open: (signal: AbortSignal) => AsyncIterable<T>,
  parent: AbortSignal,
  clock: Clock,
  limitMs: number | (() => number),
  error: () => Error,
): AsyncGenerator<T> {
  const controller = childController(parent);
  const items = open(controller.signal)[Symbol.asyncIterator]();
  let over = false;
  let giveUp: (reason: unknown) => void = () => undefined;
  controller.signal.addEventListener('abort', () => giveUp(controller.signal.reason), { once: true });
  const next = (): Promise<IteratorResult<T>> =>
    new Promise((resolve, reject) => {
      const item = items.next();
      const timer = clock.setTimeout(() => reject(error()), typeof limitMs === 'number' ? limitMs : limitMs());
      const settle = (tell: () => void): void => {
        timer.cancel();
        tell();
      };
      // Also when the source does not listen to its signal.
      giveUp = (reason) => settle(() => reject(reason));
      item.then(
        (value) => settle(() => resolve(value)),
        (problem: unknown) => settle(() => reject(problem)),
      );
    });
  try {
    for (;;) {
      controller.signal.throwIfAborted();
      const item = await next();
      if (item.done) {
        over = true;
        return;
      }
      yield item.value;
    }
  } finally {
    // Lets go of the parent, too.
    controller.abort(over ? OVER : error());
    if (!over) items.return?.().catch(() => undefined);
  }
}
