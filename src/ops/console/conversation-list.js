import { byId, element } from './dom.js';
import { formatClock, formatWhen, readable } from './format.js';
import { statusWords } from './listen-session-card.js';
import { RowList } from './row-list.js';
import { shortId } from './segment-rows.js';
import { durationOf } from './talk.js';
import { problemOf } from './api.js';

const PAGE = 50;
const kinds = { voice: 'with our agent', listen: 'listened to' };

/** The conversations that are kept, the newest first; older ones when they are asked for. */
export class ConversationList {
  /** @param {import('./api.js').Api} api @param {import('./kept-of.js').KeptOf} kept */
  constructor(api, kept) {
    this.api = api;
    this.kept = kept;
    this.rows = new RowList(byId('kept'));
    /** @type {Map<string, any>} by id */
    this.found = new Map();
    /** Whether there may be older ones than those that are shown. */
    this.hasMore = false;
    this.selected = '';
    /** Whether these are the newest, as far as anybody has said. */
    this.isKnown = false;
    /** Tenant of who asks, once that is known. */
    this.own = '';
    byId('kept-status').addEventListener('change', () => this.show());
    byId('kept-more').addEventListener('click', () => void this.more());
  }

  /** Asks for the newest. @returns {Promise<import('./api.js').Answer>} */
  async refresh() {
    const { tenant } = this.kept;
    const answer = await this.api.get(this.kept.path('conversations', { limit: PAGE }));
    if (this.kept.tenant !== tenant) return answer;
    byId('kept-problem').hidden = answer.status === 200;
    if (answer.status !== 200) {
      byId('kept-problem').textContent = problemOf(answer);
      if (answer.status !== 0) this.forget();
      return answer;
    }
    this.isKnown = true;
    const { conversations } = answer.body;
    // What was deleted meanwhile is not among those that are as new as these.
    const oldest = conversations.length === PAGE ? conversations.at(-1).started_at : '';
    for (const [id, { started_at }] of this.found) if (started_at >= oldest) this.found.delete(id);
    if (this.found.size === 0) this.hasMore = conversations.length === PAGE;
    this.add(conversations);
    return answer;
  }

  async more() {
    const oldest = [...this.found.values()].reduce(
      (least, { started_at }) => (started_at < least ? started_at : least),
      '9',
    );
    const { tenant } = this.kept;
    const { status, body } = await this.api.get(this.kept.path('conversations', { limit: PAGE, before: oldest }));
    if (status !== 200 || this.kept.tenant !== tenant) return;
    this.hasMore = body.conversations.length === PAGE;
    this.add(body.conversations);
  }

  /** @param {any[]} conversations */
  add(conversations) {
    for (const conversation of conversations) this.found.set(conversation.id, conversation);
    this.show();
  }

  /** @param {string} id empty: none */
  select(id) {
    this.selected = id;
    this.show();
  }

  /** @param {string} id */
  remove(id) {
    this.found.delete(id);
    this.show();
  }

  forget() {
    this.found.clear();
    this.hasMore = this.isKnown = false;
    this.show();
  }

  show() {
    const wanted = byId('kept-status').value;
    const shown = [...this.found.values()].filter(({ status }) => wanted === '' || status === wanted);
    this.rows.replace(shown.map((conversation) => this.row(conversation)));
    byId('kept-more').hidden = !this.hasMore;
    byId('kept-none').hidden = shown.length > 0 || !this.isKnown;
    byId('kept-none').textContent = this.wordsForNone;
    const live = [...this.found.values()].filter(({ status }) => status === 'in_progress').length;
    byId('kept-count').textContent = live > 0 ? `${live} live` : '';
  }

  get wordsForNone() {
    if (this.found.size > 0) return 'None of those that are shown.';
    const whose = this.kept.tenant || this.own;
    return whose ? `The tenant ${whose} has none yet.` : 'There are none yet.';
  }

  row(conversation) {
    const { id, kind, status, title, started_at, entry_count, scenario } = conversation;
    const lines = entry_count === 1 ? '1 line' : `${entry_count} lines`;
    // How long one was that has been read is not told by the list: `updated_at` is when it was read.
    const length = status === 'completed' ? lines : `${formatClock(durationOf(conversation, Date.now()))} · ${lines}`;
    const current = id === this.selected;
    const what = kind === 'voice' && scenario ? readable(scenario) : kinds[kind];
    return {
      key: id,
      order: [-Date.parse(started_at)],
      shows: [title, length, current, what],
      className: 'kept',
      data: { status },
      content: () => [
        element(
          'a',
          { href: this.kept.page(id), 'aria-current': current && 'true', 'data-part': 'open' },
          element('span', { class: 'kept-title' }, title || `Conversation ${shortId(id)}`),
          element('span', { class: 'tag' }, statusWords[status] ?? status),
          element('span', { class: 'kept-facts' }, `${formatWhen(started_at)} · ${what} · ${length}`),
        ),
      ],
    };
  }
}
