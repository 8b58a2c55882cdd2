import { ConversationDetail } from './conversation-detail.js';
import { ConversationList } from './conversation-list.js';
import { byId } from './dom.js';
import { JobsPanel } from './jobs-panel.js';
import { KeptOf } from './kept-of.js';

const EVERY_MS = 2000;

/** The page of conversations that are kept. Asks for news while somebody looks. */
export class ConversationsView {
  /** @param {import('./api.js').Api} api */
  constructor(api) {
    this.title = 'Conversations';
    this.kept = new KeptOf();
    this.list = new ConversationList(api, this.kept);
    this.jobs = new JobsPanel(api);
    this.detail = new ConversationDetail(api, this.kept, (id) => {
      this.list.remove(id);
      location.hash = this.kept.page();
      byId('kept-status').focus();
    });
    /** Whether the server knows who asks. */
    this.allowed = false;
    this.visible = false;
    /** What stands in the address. */
    this.wanted = { id: '', tenant: '' };
    /** @type {import('./server-watch.js').ServerState['asker']} */
    this.asker = undefined;
    byId('kept-tenant').addEventListener('change', () => this.turnTo(byId('kept-tenant').value.trim()));
    document.addEventListener('visibilitychange', () => void this.refresh());
  }

  get region() {
    return this.detail.id ? 'said' : 'kept-region';
  }

  /** @param {string} id of the one that is shown whole; empty: none @param {URLSearchParams} query */
  show(id, query) {
    this.visible = true;
    this.wanted = { id, tenant: query.get('tenant') ?? '' };
    this.showWanted();
  }

  showWanted() {
    const { id, tenant } = this.wanted;
    this.look(this.asker?.role === 'admin' ? tenant : '');
    this.list.select(id);
    this.detail.open(this.allowed ? id : '');
    void this.refresh();
  }

  /** At the conversations of another tenant. @param {string} tenant empty: the own one */
  look(tenant) {
    byId('kept-tenant').value = tenant;
    if (this.kept.tenant === tenant) return;
    this.kept.tenant = tenant;
    this.list.forget();
    this.detail.open('');
  }

  /** @param {string} tenant as it was typed */
  turnTo(tenant) {
    location.hash = this.kept.page('', tenant === this.asker?.tenant ? '' : tenant);
  }

  /** An admin may look at all tenants. @param {import('./server-watch.js').ServerState['asker']} asker */
  showFor(asker) {
    if (this.asker === asker) return;
    this.asker = asker;
    this.list.own = asker?.tenant ?? '';
    byId('kept-tenant-field').hidden = asker?.role !== 'admin';
    byId('kept-tenant').placeholder = asker?.tenant ?? '';
    if (this.visible) this.showWanted();
  }

  hide() {
    this.visible = false;
    clearTimeout(this.timer);
    this.detail.player.audio.pause();
  }

  /** @param {boolean} allowed */
  allow(allowed) {
    if (this.allowed === allowed) return;
    this.allowed = allowed;
    if (!allowed) {
      this.list.forget();
      this.detail.open('');
    } else if (this.visible) this.showWanted();
  }

  async refresh() {
    clearTimeout(this.timer);
    const round = (this.round = {});
    if (!this.visible || !this.allowed || document.visibilityState !== 'visible') return;
    const { status } = await this.list.refresh();
    // Whoever may not see conversations does not see jobs either.
    if (status === 200 || status === 404) this.detail.allowWork(await this.jobs.refresh());
    if (this.detail.isUnfinished) await this.detail.refresh();
    if (this.round !== round || status === 401 || status === 403) return;
    this.timer = setTimeout(() => void this.refresh(), EVERY_MS);
  }
}
