import { problemOf } from './api.js';
import { confirmed } from './ask.js';
import { byId, element, spoken } from './dom.js';
import { formatClock, readable } from './format.js';
import { RowList } from './row-list.js';
import { shortId } from './segment-rows.js';
import { sessionStates } from './server-view.js';

/** @typedef {import('./server-watch.js').ServerState} ServerState */

/** Why there is no session to be seen. @param {Pick<ServerState, 'unauthorized' | 'limited' | 'forbidden'>} state */
export function wordsForNone({ unauthorized, limited, forbidden }) {
  if (limited) return 'Too many attempts from this address; this page tries again.';
  if (unauthorized) return 'Give an access token to see who is speaking.';
  return forbidden ? 'This needs the role "operator".' : 'Nobody is speaking just now.';
}

/** The sessions that go on, and what an operator can do with them. */
export class SessionList {
  /** @param {import('./api.js').Api} api @param {() => void} onChange */
  constructor(api, onChange) {
    this.api = api;
    this.onChange = onChange;
    this.rows = new RowList(byId('lives'));
  }

  /** @param {ServerState} state @param {string | undefined} own session of this page @param {string} followed */
  show({ sessions, complete, ...state }, own, followed) {
    byId('live-count').textContent = sessions.length > 0 ? String(sessions.length) : '';
    byId('live-problem').hidden = complete;
    byId('live-none').hidden = sessions.length > 0;
    byId('live-none').textContent = wordsForNone(state);
    this.rows.replace(sessions.map((session) => this.row(session, session.session_id === own, followed)));
  }

  row(session, own, followed) {
    const { session_id: id, kind, agent, scenario, tenant, state, turns, duration_ms, started_at, replica } = session;
    const paused = state.toUpperCase() === 'PAUSED';
    const what = kind === 'listen' ? 'Listened to' : readable(agent);
    const words = sessionStates[state] ?? readable(state).toLowerCase();
    const time = formatClock(duration_ms);
    const current = id === followed;
    return {
      key: id,
      order: [Date.parse(started_at)],
      shows: [what, words, turns, time, own, current, replica],
      className: 'live',
      data: { paused: paused ? 'yes' : undefined },
      content: () =>
        [
          element('strong', {}, what),
          own && element('span', { class: 'tag' }, 'this call'),
          element('span', { class: 'tag' }, words),
          element('span', { class: 'live-time' }, time),
          element(
            'span',
            { class: 'kept-facts' },
            [scenario && readable(scenario), turns === 1 ? '1 turn' : `${turns} turns`, tenant, replica, shortId(id)]
              .filter(Boolean)
              .join(' · '),
          ),
          element(
            'span',
            { class: 'actions' },
            kind === 'voice' &&
              element(
                'a',
                {
                  class: 'button small',
                  href: `#/operations/${id}`,
                  'aria-current': current && 'true',
                  'data-part': 'read',
                },
                'Read along',
                spoken(` in call ${shortId(id)}`),
              ),
            this.button('pause', paused ? 'Go on' : 'Pause', id, () =>
              this.act(this.api.post(`sessions/${id}/${paused ? 'resume' : 'pause'}`)),
            ),
            this.button('hang-up', 'Hang up', id, () => this.hangUp(id, what), 'danger'),
          ),
        ].filter(Boolean),
    };
  }

  async hangUp(id, what) {
    if (await confirmed(`Hang up this call (${what}, ${shortId(id)}) for everybody in it?`, 'Hang up'))
      await this.act(this.api.remove(`sessions/${id}`));
  }

  /** @param {Promise<import('./api.js').Answer>} request */
  async act(request) {
    const answer = await request;
    // Who was not there any more has hung up meanwhile.
    const done = [204, 404].includes(answer.status);
    byId('live-said').textContent = done ? '' : problemOf(answer);
    this.onChange();
  }

  button(part, words, id, action, kind = '') {
    const button = element(
      'button',
      { type: 'button', class: `button small ${kind}`.trim(), 'data-part': part },
      words,
      spoken(` call ${shortId(id)}`),
    );
    button.addEventListener('click', () => void action());
    return button;
  }
}
