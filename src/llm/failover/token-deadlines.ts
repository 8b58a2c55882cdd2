import { Aborted, childController, untilAborted } from '../../kernel/abort.js';
import type { Clock } from '../../kernel/clock.js';
import type { LlmEvent } from '../llm-client.js';
import { LlmError } from '../llm-error.js';

export interface TokenDeadlines {
  /** From the request to the first event; Infinity for none. */
  readonly firstMs: number;
  /** From one event to the next. */
  readonly nextMs: number;
}

/**
 * What `open` yields, as long as it comes in time; else an LlmError `slow`. However this ends, the signal given to `open`
 * is aborted and nobody waits for what the source does then.
 */
export async function* withTokenDeadlines(
  open: (signal: AbortSignal) => AsyncIterable<LlmEvent>,
  parent: AbortSignal,
  clock: Clock,
  { firstMs, nextMs }: TokenDeadlines,
): AsyncGenerator<LlmEvent> {
  const controller = childController(parent);
  const events = open(controller.signal)[Symbol.asyncIterator]();
  let over = false;
  try {
    for (let limitMs = firstMs, what = 'the first word'; ; limitMs = nextMs, what = 'the next word') {
      const late = (): void => controller.abort(new LlmError('slow', `${what} took longer than ${limitMs} ms`));
      const timer = Number.isFinite(limitMs) ? clock.setTimeout(late, limitMs) : undefined;
      let next: IteratorResult<LlmEvent>;
      try {
        next = await untilAborted(events.next(), controller.signal);
      } finally {
        timer?.cancel();
      }
      over = next.done === true;
      if (next.done) return;
      yield next.value;
    }
  } finally {
    controller.abort(new Aborted('completed'));
    if (!over) events.return?.().catch(() => undefined);
  }
}
