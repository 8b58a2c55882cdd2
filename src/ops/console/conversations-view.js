import { ConversationDetail } from './conversation-detail.js';
import { ConversationList } from './conversation-list.js';
import { byId } from './dom.js';
import { JobsPanel } from './jobs-panel.js';

const EVERY_MS = 2000;

/** The page of conversations that are kept. Asks for news while somebody looks. */
export class ConversationsView {
  /** @param {import('./api.js').Api} api */
  constructor(api) {
    this.title = 'Conversations';
    this.list = new ConversationList(api);
    this.jobs = new JobsPanel(api);
    this.detail = new ConversationDetail(api, (id) => {
      this.list.remove(id);
      location.hash = '#/conversations';
      byId('kept-status').focus();
    });
    /** Whether the server knows who asks. */
    this.allowed = false;
    this.visible = false;
    document.addEventListener('visibilitychange', () => void this.refresh());
  }

  get region() {
    return this.detail.id ? 'said' : 'kept-region';
  }

  /** @param {string} id of the one that is shown whole; empty: none */
  show(id) {
    this.visible = true;
    this.list.select(id);
    this.detail.open(this.allowed ? id : '');
    this.wanted = id;
    void this.refresh();
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
    } else if (this.visible) this.show(this.wanted);
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
