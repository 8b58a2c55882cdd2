import { problemOf } from './api.js';
import { byId, element } from './dom.js';
import { readable } from './format.js';
import { fill } from './server-view.js';

/** The agents that calls get, and reading them again. */
export class AgentsPanel {
  /** @param {import('./api.js').Api} api */
  constructor(api) {
    this.api = api;
    byId('agents-reload').addEventListener('click', () => void this.reload());
  }

  async refresh() {
    const { status, body } = await this.api.get('agents');
    byId('ops-agents-card').hidden = status !== 200;
    if (status !== 200) return;
    byId('agents-version').textContent = `version ${body.version} on ${body.replica}`;
    fill('ops-agents', body.agents, ({ name, description, language, voice, tools }) =>
      element(
        'li',
        {},
        element('strong', {}, readable(name)),
        element('span', { class: 'of' }, ` ${[language, voice.name, `${tools.length} tools`].join(' · ')}`),
        element('p', { class: 'hint' }, description),
      ),
    );
  }

  /** All tenants have the same agents. @param {import('./server-watch.js').ServerState['asker']} asker */
  allow(asker) {
    const mayReload = asker && asker.role === 'admin';
    if (this.mayReload === mayReload) return;
    this.mayReload = mayReload;
    byId('agents-reload').disabled = !mayReload;
    byId('agents-said').textContent = mayReload === false ? 'To have them read again needs the role "admin".' : '';
    byId('agents-said').removeAttribute('data-alert');
  }

  async reload() {
    byId('agents-reload').disabled = true;
    const answer = await this.api.post('agents/reload');
    byId('agents-reload').disabled = !this.mayReload;
    byId('agents-said').textContent = answer.status === 200 ? reloadedWords(answer.body) : problemOf(answer);
    byId('agents-said').toggleAttribute('data-alert', answer.status !== 200);
    await this.refresh();
  }
}

/** @param {{ agents: string[], added: string[], removed: string[], replica: string, version: string }} reloaded */
export function reloadedWords({ agents, added, removed, replica, version }) {
  const changes = [
    added.length > 0 && `new: ${added.map(readable).join(', ')}`,
    removed.length > 0 && `gone: ${removed.map(readable).join(', ')}`,
  ].filter(Boolean);
  return `${[`${agents.length} agents were read again on ${replica} (version ${version})`, ...changes].join('; ')}. Calls that go on keep theirs.`;
}
