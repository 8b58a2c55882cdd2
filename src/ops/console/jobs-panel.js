import { problemOf } from './api.js';
import { confirmed } from './ask.js';
import { byId, element } from './dom.js';
import { formatSpan, formatWhen } from './format.js';
import { RowList } from './row-list.js';

const kinds = { process: 'Reading', webhook: 'Webhook', speaker_sample: 'Voice', recording_audit: 'Recording' };

/** What is done after calls: how much waits, and what was given up. */
export class JobsPanel {
  /** @param {import('./api.js').Api} api */
  constructor(api) {
    this.api = api;
    this.rows = new RowList(byId('dead-letters'));
  }

  /** Whether such work is done in this process. */
  async refresh() {
    const answer = await this.api.get('jobs');
    // An answer that did not come, or too late, says nothing of it.
    if (answer.status === 0) return !byId('jobs').hidden;
    byId('jobs').hidden = answer.status !== 200;
    if (answer.status !== 200) return false;
    const { waiting, running, dead, oldest_ms, dead_letters } = answer.body;
    byId('jobs-waiting').textContent = oldest_ms > 1000 ? `${waiting}, for ${formatSpan(oldest_ms)}` : String(waiting);
    byId('jobs-running').textContent = String(running);
    byId('jobs-dead').textContent = String(dead);
    byId('jobs-dead').toggleAttribute('data-alert', dead > 0);
    this.rows.replace(dead_letters.map((letter, i) => this.row(letter, i)));
    return true;
  }

  row(letter, i) {
    const { id, kind, attempts, problem, died_at } = letter;
    return {
      key: id,
      order: [i],
      shows: letter,
      className: 'letter',
      content: () => [
        element('strong', {}, kinds[kind] ?? kind),
        element('span', { class: 'of' }, ` ${formatWhen(died_at)}, tried ${attempts} ×`),
        element('code', {}, id),
        element('p', {}, problem),
        this.button('retry', 'Try again', () => this.act(() => this.api.post(`jobs/${encodeURIComponent(id)}/retry`))),
        this.button('drop', 'Drop', () => this.drop(id)),
      ],
    };
  }

  async drop(id) {
    if (await confirmed('Drop this work for good? Nobody will do it then.', 'Drop'))
      await this.act(() => this.api.remove(`jobs/${encodeURIComponent(id)}`));
  }

  /** @param {() => Promise<import('./api.js').Answer>} request */
  async act(request) {
    const answer = await request();
    byId('jobs-said').textContent = answer.status < 300 && answer.status > 0 ? '' : problemOf(answer);
    await this.refresh();
  }

  button(part, words, action) {
    const button = element('button', { type: 'button', class: 'button small', 'data-part': part }, words);
    button.addEventListener('click', () => void action());
    return button;
  }
}
