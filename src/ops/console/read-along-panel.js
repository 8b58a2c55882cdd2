import { byId } from './dom.js';
import { readable } from './format.js';
import { LiveFollow } from './live-follow.js';
import { RowList } from './row-list.js';
import { saidRow } from './said-rows.js';
import { sessionStates } from './server-view.js';
import { shortId } from './segment-rows.js';
import { talkOf } from './talk.js';

/** What is said in a call that goes on. */
export class ReadAlongPanel {
  /** @param {import('./api.js').Api} api */
  constructor(api) {
    this.api = api;
    this.id = '';
    this.rows = new RowList(byId('followed-entries'), byId('followed'));
    /** @type {LiveFollow | undefined} */
    this.follow = undefined;
  }

  /** @param {string} id of a session; empty: none */
  open(id) {
    if (this.id === id) return;
    this.id = id;
    this.follow?.close();
    this.follow = undefined;
    this.rows.clear();
    byId('follow-card').hidden = id === '';
    if (id === '') return;
    byId('follow-title').textContent = `Call ${shortId(id)}`;
    byId('follow-state').textContent = '';
    this.tell('');
    byId('followed-none').hidden = false;
    this.follow = new LiveFollow(this.api, id, {
      onSaid: (entries, agent, state) => this.said(entries, agent, state),
      onOver: () => {
        byId('follow-state').textContent = 'over';
        this.tell('The call is over.');
      },
      onProblem: (words) => this.tell(words),
    });
  }

  said(entries, agent, state) {
    for (const [i, said] of talkOf({ kind: 'voice', entries }).entries()) this.rows.set(saidRow(said, i));
    byId('followed-none').hidden = this.rows.size > 0;
    byId('follow-state').textContent = `${readable(agent)}, ${sessionStates[state] ?? readable(state).toLowerCase()}`;
  }

  tell(words) {
    byId('follow-said').textContent = words;
  }
}
