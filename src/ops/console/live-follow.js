const AGAIN_MS = 1000;

/**
 * @typedef {object} FollowEvents
 * @property {(entries: any[], agent: string, state: string) => void} onSaid
 * @property {() => void} onOver the call is
 * @property {(words: string) => void} onProblem empty: there is none any more
 */

/** Reads along in a call until it is over, or `close`. A connection that breaks is made again; then all is told once more. */
export class LiveFollow {
  /** @param {import('./api.js').Api} api @param {string} id of the session @param {FollowEvents} events */
  constructor(api, id, events) {
    this.api = api;
    this.id = id;
    this.events = events;
    this.gone = new AbortController();
    void this.run();
  }

  close() {
    this.gone.abort();
  }

  async run() {
    const { signal } = this.gone;
    while (!signal.aborted) {
      const ended = await this.read().catch(() => 'broken');
      if (signal.aborted || ended === 'refused') return;
      if (ended === 'over') return this.events.onOver();
      if (ended === 'broken') {
        this.events.onProblem('The connection was lost, and is made again …');
        await new Promise((resolve) => setTimeout(resolve, AGAIN_MS));
      }
    }
  }

  /** @returns {Promise<'over' | 'again' | 'broken' | 'refused'>} */
  async read() {
    const answer = await this.api.stream(`sessions/${encodeURIComponent(this.id)}/transcript`, this.gone.signal);
    if (answer.status === 404) return 'over';
    if (answer.problem) {
      this.events.onProblem(answer.problem);
      return 'refused';
    }
    this.events.onProblem('');
    for await (const { event, data } of eventsIn(answer.body)) {
      if (event === 'over' || event === 'again') return event;
      if (event === 'said') this.events.onSaid(data.entries, data.agent, data.state);
    }
    return 'broken';
  }
}

/** Server-sent events. @param {ReadableStream<Uint8Array>} body */
export async function* eventsIn(body) {
  const reader = body.pipeThrough(new TextDecoderStream()).getReader();
  let text = '';
  for (;;) {
    const { value, done } = await reader.read();
    if (done) return;
    const blocks = (text + value).split('\n\n');
    text = blocks.pop();
    for (const block of blocks) {
      const fields = Object.fromEntries(
        block
          .split('\n')
          .filter((line) => !line.startsWith(':'))
          .map((line) => line.split(/: (.*)/s, 2)),
      );
      if (fields.event) yield { event: fields.event, data: JSON.parse(fields.data ?? '{}') };
    }
  }
}
