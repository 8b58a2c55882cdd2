import { AgentsPanel } from './agents-panel.js';
import { DependenciesPanel } from './dependencies-panel.js';
import { byId } from './dom.js';
import { ReadAlongPanel } from './read-along-panel.js';
import { showLoad, showPools, showSteps } from './server-view.js';
import { SessionList } from './session-list.js';

const EVERY_MS = 2000;

/** The page of whoever looks after the server: who speaks, and how everything is doing. */
export class OperationsView {
  /** @param {import('./api.js').Api} api @param {() => void} onChange something was done to a session */
  constructor(api, onChange) {
    this.title = 'Operations';
    this.region = 'live-region';
    this.sessions = new SessionList(api, onChange);
    this.transcript = new ReadAlongPanel(api);
    this.dependencies = new DependenciesPanel(api);
    this.agents = new AgentsPanel(api);
    /** Whether the server knows who asks. */
    this.allowed = false;
    this.visible = false;
    this.wanted = '';
    document.addEventListener('visibilitychange', () => void this.refresh());
  }

  /** @param {string} id of the session that is followed; empty: none */
  show(id) {
    this.visible = true;
    this.wanted = id;
    this.transcript.open(this.allowed ? id : '');
    if (this.state) this.showState(this.state, this.own);
    void this.refresh();
  }

  hide() {
    this.visible = false;
    clearTimeout(this.timer);
    this.transcript.open('');
  }

  /** @param {boolean} allowed */
  allow(allowed) {
    if (this.allowed === allowed) return;
    this.allowed = allowed;
    if (this.visible) this.show(this.wanted);
    if (!allowed) this.transcript.open('');
  }

  /** @param {import('./server-watch.js').ServerState} state @param {string | undefined} own session of this page */
  showState(state, own) {
    this.state = state;
    this.own = own;
    if (!state.reachable) return;
    this.sessions.show(state, own, this.wanted);
    this.agents.allow(state.asker);
    byId('ops-load-card').hidden = !state.overload;
    if (state.overload) showLoad('ops-load', state.overload);
    byId('ops-pools-card').hidden = state.pools.length === 0;
    showPools('ops-pools', state.pools);
    byId('ops-steps-card').hidden = state.steps.length === 0;
    showSteps('ops-steps', state.steps, true);
  }

  async refresh() {
    clearTimeout(this.timer);
    const round = (this.round = {});
    if (!this.visible || !this.allowed || document.visibilityState !== 'visible') return;
    if (!this.state?.forbidden) await Promise.all([this.dependencies.refresh(), this.agents.refresh()]);
    if (this.round === round) this.timer = setTimeout(() => void this.refresh(), EVERY_MS);
  }
}
