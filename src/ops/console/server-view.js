import { byId, element, spoken } from './dom.js';
import { formatClock, formatMs, readable } from './format.js';
import { levelOf, loadRows } from './load.js';

/** @typedef {import('./server-watch.js').ServerState} ServerState */

/** More slots than this are shown as one bar. */
const MAX_SLOT_MARKS = 40;
const poolNames = { stt: 'Speech recognition', tts: 'Speech synthesis' };
/** Steps whose name says nothing to people who do not know the vendor. */
const stepNames = { aoai: 'dialogue (aoai)' };
const stepMarks = { started: '✓', running: '…', pending: '·', failed: '!', stopped: '–' };

/** Shows the state of the server. @param {ServerState} state @param {string | undefined} ownSession */
export function showServer(state, ownSession) {
  const [mood, words] = moodOf(state);
  const pill = byId('server-pill');
  if (pill.dataset.mood !== mood) {
    pill.dataset.mood = mood;
    byId('server-words').textContent = words;
  }
  byId('server').toggleAttribute('data-stale', !state.reachable);
  if (!state.reachable) return;
  showSlots(state);
  byId('load').hidden = !state.overload;
  if (state.overload) showLoad('load', state.overload);
  showPools('pools', state.pools);
  fill('sessions', state.sessions, (session) => sessionRow(session, session.session_id === ownSession));
  byId('sessions-table').hidden = state.sessions.length === 0;
  showSteps('steps', state.steps);
}

/** @param {string} id of a table's body @param {ServerState['pools']} pools */
export function showPools(id, pools) {
  fill(id, pools, poolRow);
}

/** @param {string} id of a list @param {ServerState['steps']} steps @param {boolean} [inWords] with what they say of themselves */
export function showSteps(id, steps, inWords = false) {
  fill(id, steps, (step) => stepRow(step, inWords));
  byId(`${id}-total`).textContent = steps.length === 0 ? '' : `in ${formatMs(sumOf(steps))}`;
}

/** Leaves the page alone when nothing has changed. */
export function fill(id, items, row) {
  const body = byId(id);
  const rows = items.map(row);
  const before = [...body.children].map((child) => child.outerHTML).join('');
  if (rows.map((child) => child.outerHTML).join('') !== before) body.replaceChildren(...rows);
}

function moodOf({ reachable, draining, ready, active, max, overload }) {
  if (!reachable) return ['lost', 'No answer'];
  if (draining) return ['draining', 'Draining'];
  if (!ready) return ['starting', 'Starting'];
  if (overload && !overload.effects.new_sessions) return ['full', 'Overloaded'];
  return active >= max ? ['full', 'At capacity'] : ['ready', 'Ready'];
}

function showSlots({ active, max }) {
  byId('slots-text').textContent = `${active} of ${max}`;
  const slots = byId('slots');
  slots.setAttribute('aria-valuemax', String(max));
  slots.setAttribute('aria-valuenow', String(active));
  slots.setAttribute('aria-valuetext', `${active} of ${max} calls`);
  if (max > MAX_SLOT_MARKS) {
    const bar = element('span', { class: 'slots-bar' });
    bar.style.width = `${(active / max) * 100}%`;
    slots.replaceChildren(bar);
    return;
  }
  slots.replaceChildren(
    ...Array.from({ length: max }, (_, i) => element('span', { class: 'slot', 'data-used': i < active })),
  );
}

/** @param {string} id of the part, and the beginning of those in it @param {import('./load.js').Overload} overload */
export function showLoad(id, overload) {
  const { words, time, alert, follows, recovery } = levelOf(overload);
  // Set again, it would be read out again.
  if (byId(`${id}-level`).textContent !== words) byId(`${id}-level`).textContent = words;
  byId(`${id}-level`).toggleAttribute('data-alert', alert);
  byId(`${id}-time`).textContent = `for ${time}`;
  byId(`${id}-follows`).textContent = [follows, recovery].filter(Boolean).join('; ');
  byId(`${id}-follows`).hidden = !alert;
  fill(`${id}-inputs`, loadRows(overload), loadRow);
}

function loadRow({ name, value, percent, alert }) {
  return element(
    'tr',
    {},
    element('th', { scope: 'row' }, name),
    element('td', { class: 'of' }, value),
    element('td', { 'data-alert': alert }, percent),
  );
}

function poolRow({ name, ready, in_use, waiting, warm_pool_size, max_size }) {
  return element(
    'tr',
    {},
    element(
      'th',
      { scope: 'row' },
      poolNames[name] ?? readable(name),
      !ready && element('span', { class: 'tag' }, 'not ready'),
    ),
    element('td', {}, String(warm_pool_size)),
    element('td', {}, String(in_use), element('span', { class: 'of' }, ` / ${max_size}`)),
    element('td', { 'data-alert': waiting > 0 }, String(waiting)),
  );
}

function sessionRow({ kind, agent, state, turns, duration_ms }, own) {
  const name = kind === 'listen' ? 'Listened to' : readable(agent);
  return element(
    'tr',
    {},
    element('th', { scope: 'row' }, name, ' ', own && element('span', { class: 'tag' }, 'this call')),
    element('td', {}, sessionStates[state] ?? readable(state.toLowerCase())),
    element('td', {}, String(turns)),
    element('td', {}, formatClock(duration_ms)),
  );
}

export const sessionStates = {
  IDLE: 'listening',
  COMPLETE: 'listening',
  PROCESSING_LLM: 'thinking',
  PROCESSING_TTS: 'speaking',
  STREAMING: 'speaking',
};

function stepRow({ name, state, deferred, duration_ms, attempts, summary, error }, inWords) {
  const kind = deferred ? 'deferred' : 'critical';
  const tries = attempts > 1 ? `, attempt ${attempts}` : '';
  const quiet = state === 'started';
  return element(
    'li',
    { 'data-state': state, title: error ?? summary },
    element('span', { class: 'step-mark', 'aria-hidden': 'true' }, stepMarks[state] ?? '·'),
    element('code', {}, stepNames[name] ?? name),
    quiet ? spoken(`${kind}, ${state}`) : element('span', {}, `${state}${tries}`),
    element('span', { class: 'of' }, formatMs(duration_ms)),
    inWords ? (error ?? summary) && element('span', { class: 'step-words' }, error ?? summary) : error && spoken(error),
  );
}

function sumOf(steps) {
  return steps.reduce((sum, step) => sum + step.duration_ms, 0);
}
