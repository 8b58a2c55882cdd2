const EVERY_MS = 2000;

/**
 * @typedef {object} ServerState
 * @property {boolean} reachable
 * @property {boolean} unauthorized
 * @property {boolean} forbidden the role is not enough to look at it
 * @property {{ subject: string, tenant: string, role: string }} [asker] whose token this is, once that is known
 * @property {boolean} complete whether the sessions are those of all replicas
 * @property {boolean} limited too many attempts from this address
 * @property {boolean} ready
 * @property {boolean} draining
 * @property {number} [active] calls
 * @property {number} [max] calls
 * @property {{ name: string, ready: boolean, warm_pool_size: number, max_size: number, in_use: number, waiting: number }[]} pools
 * @property {import('./load.js').Overload} [overload]
 * @property {{ session_id: string, agent: string, state: string, turns: number, duration_ms: number }[]} sessions
 * @property {{ name: string, state: string, deferred: boolean, duration_ms: number, attempts: number, summary?: string, error?: string }[]} steps
 */

/** Asks the server how it is, every two seconds while somebody looks. */
export class ServerWatch {
  /** @param {import('./api.js').Api} api @param {(state: ServerState) => void} onState */
  constructor(api, onState) {
    this.api = api;
    this.onState = onState;
    this.timer = 0;
    /** @type {string | undefined} */
    this.refusedToken = undefined;
    /** @type {{ token: string, is: ServerState['asker'] } | undefined} */
    this.asker = undefined;
    document.addEventListener('visibilitychange', () => this.refresh());
  }

  /** Asks now, and goes on from there. */
  async refresh() {
    clearTimeout(this.timer);
    const round = (this.round = {});
    if (document.visibilityState !== 'visible') return;
    const state = await this.ask();
    // A newer round has begun, or nobody looks any more.
    if (this.round !== round) return;
    this.onState(state);
    this.timer = setTimeout(() => void this.refresh(), EVERY_MS);
  }

  /** @returns {Promise<ServerState>} */
  async ask() {
    const sessions = await this.askSessions();
    const paths = sessions.status === 200 ? ['pools', 'startup', 'overload'] : [];
    const known = sessions.status === 200 || sessions.status === 403;
    const asker = known ? this.askWhoAsks() : undefined;
    const [ready, health, pools, startup, overload] = await Promise.all([
      ...['ready', 'voice/health'].map((path) => this.api.probe(path)),
      ...paths.map((path) => this.api.get(path)),
    ]);
    return {
      reachable: health.status === 200,
      unauthorized: sessions.status === 401 || sessions.status === 429,
      forbidden: sessions.status === 403,
      asker: await asker,
      complete: sessions.body?.complete !== false,
      limited: sessions.status === 429,
      ready: ready.body?.ready === true,
      draining: health.body?.status === 'draining',
      active: health.body?.active_connections,
      max: health.body?.max_connections,
      pools: Object.values(pools?.body?.pools ?? {}),
      sessions: sessions.body?.sessions ?? [],
      steps: startup?.body?.steps ?? [],
      overload: overload?.body,
    };
  }

  /** Once for a token: what it is for does not change while somebody looks. */
  async askWhoAsks() {
    const { token } = this.api;
    if (this.asker?.token !== token) {
      const { status, body } = await this.api.get('me');
      this.asker = status === 200 ? { token, is: body } : undefined;
    }
    return this.asker?.is;
  }

  /** A refused token is not tried again: the server counts attempts, and would shut this address out. */
  async askSessions() {
    const { token } = this.api;
    if (token === this.refusedToken) return { status: 401, body: undefined };
    const sessions = await this.api.get('sessions');
    this.refusedToken = sessions.status === 401 ? token : undefined;
    return sessions;
  }
}
