import { byId, element } from './dom.js';
import { formatBytes, formatMs, formatSpan } from './format.js';
import { fill } from './server-view.js';

const kinds = { models: 'Model', stt: 'Recognition', tts: 'Synthesis' };
const breakers = { closed: 'in use', half_open: 'on trial', open: 'left alone' };
const toolStates = { healthy: 'in use', connecting: 'connecting', unhealthy: 'away' };

/** Whom the server depends on in calls, and what waits for others after them. */
export class DependenciesPanel {
  /** @param {import('./api.js').Api} api */
  constructor(api) {
    this.api = api;
  }

  async refresh() {
    const [providers, backlog, jobs] = await Promise.all(
      ['providers', 'backlog', 'jobs'].map((path) => this.api.get(path)),
    );
    byId('ops-providers-card').hidden = providers.status !== 200;
    byId('ops-backlog-card').hidden = backlog.status !== 200;
    if (providers.status === 200) fill('ops-providers', providerRows(providers.body), tableRow);
    if (backlog.status !== 200) return;
    const rows = backlogRows(backlog.body, jobs.status === 200 ? jobs.body : undefined);
    fill('ops-backlog', rows, ({ name, value, alert }) =>
      element('div', {}, element('dt', {}, name), element('dd', { 'data-alert': alert }, value)),
    );
  }
}

/** Those of each kind in the order in which they are asked. */
export function providerRows({ tool_servers, ...providers }) {
  const asked = Object.entries(kinds).flatMap(([key, kind]) =>
    providers[key].map(({ name, provider = name, state, retry_in_ms, last_error }) => ({
      kind,
      name: provider,
      state: retry_in_ms ? `${breakers[state]}, ${formatMs(retry_in_ms)} more` : breakers[state],
      alert: state !== 'closed',
      problem: last_error ?? '',
    })),
  );
  const servers = Object.entries(tool_servers).map(([name, { status, tools_count, error }]) => ({
    kind: 'Tools',
    name,
    state: status === 'healthy' ? `${tools_count} tools` : toolStates[status],
    alert: status === 'unhealthy',
    problem: error ?? '',
  }));
  return [...asked, ...servers];
}

/** @param {any} jobs undefined where they are another process's */
export function backlogRows({ pusher, conversations_waiting, recordings_waiting }, jobs) {
  const { links, breaker, pending_requests, oldest_request_ms, audio_bytes, lost_audio_ms } = pusher;
  const away = links.degraded + links.half_open_probe;
  const row = (name, value, alert = false) => ({ name, value, alert });
  return [
    row(
      'Links to the pusher',
      away > 0 || breaker === 'open' ? `${away} away` : `${links.connected} connected`,
      away > 0 || breaker !== 'closed',
    ),
    row(
      'To be handed over',
      pending_requests > 0 ? `${pending_requests}, for ${formatSpan(oldest_request_ms)}` : '0',
      oldest_request_ms > 60_000,
    ),
    row('Audio that waits', formatBytes(audio_bytes)),
    row('Audio that was lost', formatSpan(lost_audio_ms), lost_audio_ms > 0),
    row('Conversations to be written', String(conversations_waiting)),
    row('Pieces of recordings to be written', String(recordings_waiting)),
    ...(jobs
      ? [
          row('Jobs that wait', jobs.waiting > 0 ? `${jobs.waiting}, for ${formatSpan(jobs.oldest_ms)}` : '0'),
          row('Jobs that run', String(jobs.running)),
          row('Given up', String(jobs.dead), jobs.dead > 0),
        ]
      : []),
  ];
}

function tableRow({ kind, name, state, alert, problem }) {
  return element(
    'tr',
    {},
    element('th', { scope: 'row' }, element('span', { class: 'of' }, kind), ' ', name),
    element(
      'td',
      { 'data-alert': alert },
      element('span', {}, state),
      problem !== '' && element('span', { class: 'problem' }, problem),
    ),
  );
}
