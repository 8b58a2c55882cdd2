/** How long the server keeps a session or a conversation, unless it is told otherwise. */
const COME_BACK_MS = 60_000;
const FIRST_PAUSE_MS = 250;
const LONGEST_PAUSE_MS = 4000;
/** Refusals by a server that answers otherwise; after these there is nothing to come back to. */
const MAX_REFUSALS = 3;

/**
 * @typedef {object} Traveller
 * @property {() => void} lost the connection broke; it is made again
 * @property {() => Promise<void>} connect
 * @property {(problem: string | undefined) => void} gaveUp undefined: nobody wants to come back any more
 */

/** Makes a connection again that has broken: when to try, and when to give up. */
export class WayBack {
  /** @param {import('./api.js').Api} api @param {Traveller} traveller */
  constructor(api, traveller) {
    this.api = api;
    this.traveller = traveller;
  }

  /** Whether the connection is lost, and not there again. */
  get lost() {
    return this.lostAt !== undefined;
  }

  /** The connection broke, or the try to make it again has failed. @param {string} because what to say if this was the end */
  async begin(because) {
    const now = performance.now();
    if (this.lostAt === undefined) {
      this.lostAt = now;
      this.pauseMs = FIRST_PAUSE_MS;
      this.refusals = 0;
      this.because = because;
      this.traveller.lost();
    } else {
      // A browser does not tell a refusal from a server that is not there.
      const { status, body } = await this.api.get('voice/health');
      if (this.cancelled) return this.traveller.gaveUp(undefined);
      if (status === 200 && body?.status !== 'draining') this.refusals++;
    }
    if (this.refusals >= MAX_REFUSALS || now - this.lostAt > COME_BACK_MS) return this.traveller.gaveUp(this.because);
    this.retry = setTimeout(() => {
      this.retry = undefined;
      void this.traveller.connect();
    }, this.pauseMs);
    this.pauseMs = Math.min(LONGEST_PAUSE_MS, this.pauseMs * 2);
  }

  /** The connection is there. Returns whether it had been lost. */
  arrived() {
    const back = this.lost;
    this.lostAt = undefined;
    return back;
  }

  /** Nobody wants to come back any more. Returns whether the next try was being waited for: there is no connection. */
  cancel() {
    this.cancelled = true;
    if (this.retry === undefined) return false;
    clearTimeout(this.retry);
    this.retry = undefined;
    return true;
  }
}
