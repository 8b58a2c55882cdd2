import { element, icon, spoken } from './dom.js';
import { formatClock, formatMs, readable } from './format.js';
import { splitHeard } from './transcript.js';

/** @typedef {import('./transcript.js').Entry} Entry */

const MAX_ENTRIES = 500;
const MAX_ANNOUNCEMENTS = 6;
/** Nearer to the end than this the view follows what is added. */
const FOLLOW_PX = 80;

const endReasons = {
  completed: 'The call has ended',
  hangup: 'The caller has hung up',
  idle: 'Nobody said anything for too long',
  drain: 'The server restarts',
  shutdown: 'The server restarts',
  error: 'The server failed',
  protocol: 'This page sent too much that the server did not understand',
  timeout: 'The call took too long',
};

/** Shows the conversation, and reads out what is complete in it to screen readers. */
export class TranscriptView {
  /**
   * @param {HTMLElement} list @param {HTMLElement} scroller @param {HTMLElement} announcer a live region
   */
  constructor(list, scroller, announcer) {
    this.list = list;
    this.scroller = scroller;
    this.announcer = announcer;
    /** @type {Map<number, HTMLElement>} */
    this.rows = new Map();
    /** @type {Map<number, string>} */
    this.announced = new Map();
  }

  clear() {
    this.list.replaceChildren();
    this.announcer.replaceChildren();
    this.rows.clear();
    this.announced.clear();
  }

  /** @param {'added' | 'changed' | 'removed'} change @param {Entry} entry */
  update(change, entry) {
    const { scrollHeight, scrollTop, clientHeight } = this.scroller;
    const follow = scrollHeight - scrollTop - clientHeight < FOLLOW_PX;
    if (change === 'removed') this.remove(entry.id);
    else this.render(entry);
    if (follow) this.scroller.scrollTop = this.scroller.scrollHeight;
  }

  render(entry) {
    let row = this.rows.get(entry.id);
    if (!row) {
      row = element('li');
      this.rows.set(entry.id, row);
      this.list.append(row);
      if (this.rows.size > MAX_ENTRIES) this.remove(this.rows.keys().next().value);
    }
    row.className = `entry entry-${entry.kind}`;
    row.dataset.state = stateOf(entry);
    row.replaceChildren(...contentOf(entry));
    this.announce(entry);
  }

  remove(id) {
    this.rows.get(id)?.remove();
    this.rows.delete(id);
    this.announced.delete(id);
  }

  announce(entry) {
    const text = announcementOf(entry);
    if (!text || this.announced.get(entry.id) === text) return;
    this.announced.set(entry.id, text);
    this.announcer.append(element('p', {}, text));
    while (this.announcer.childElementCount > MAX_ANNOUNCEMENTS) this.announcer.firstElementChild.remove();
  }
}

/** @param {Entry} entry */
function stateOf(entry) {
  if (entry.kind === 'agent') return entry.heardWords !== undefined ? 'cut' : entry.streaming ? 'streaming' : 'done';
  if (entry.kind === 'tool') return entry.ok === undefined ? 'running' : entry.ok ? 'ok' : 'failed';
  return entry.state ?? 'done';
}

/** @param {Entry} entry @returns {Node[]} */
function contentOf(entry) {
  if (entry.kind === 'caller') return callerContent(entry);
  if (entry.kind === 'agent') return agentContent(entry);
  const [symbol, words] = lineContent(entry);
  return [icon(symbol), element('span', { class: 'line' }, ...words), time(entry)];
}

function callerContent({ text, state, via, atMs, confidence }) {
  const tag = { text: 'typed', keypad: 'keypad' }[via] ?? (state === 'rejected' ? 'not understood' : undefined);
  const sure = state === 'done' && via === 'voice' && confidence !== undefined;
  return [
    element('div', { class: 'who' }, 'You', tag && element('span', { class: 'tag' }, tag), time({ atMs })),
    element(
      'p',
      { class: 'words', title: sure && `Recognised with a confidence of ${Math.round(confidence * 100)} %` },
      text || '…',
    ),
  ];
}

function agentContent({ agent, text, heardWords, atMs, continued }) {
  const [heard, unheard] = splitHeard(text, heardWords);
  const cut = unheard !== '';
  return [
    element(
      'div',
      { class: continued && !cut ? 'visually-hidden' : 'who' },
      readable(agent),
      cut && element('span', { class: 'tag' }, 'cut off'),
      time({ atMs }),
    ),
    element('p', { class: 'words' }, heard, cut && spoken(' Not heard: '), cut && element('del', {}, unheard)),
  ];
}

/** @returns {[icon: string, words: (Node | string)[]]} */
function lineContent(entry) {
  const strong = (text) => element('strong', {}, text);
  switch (entry.kind) {
    case 'started':
      return ['phone', [`Connected to `, strong(readable(entry.agent)), ` · ${readable(entry.text)}`]];
    case 'tool':
      return ['tool', [element('code', {}, entry.tool), ` ${toolResult(entry)}`]];
    case 'handoff':
      return ['handoff', [strong(readable(entry.from)), ' hands over to ', strong(readable(entry.to)), reason(entry)]];
    case 'transfer':
      return ['transfer', ['Transfer to ', strong(readable(entry.to)), ` (${entry.status})`, reason(entry)]];
    case 'gap':
      return ['warning', [`${formatMs(entry.durationMs)} of your speech were dropped`, reason(entry)]];
    case 'error':
      return ['warning', [strong('Error. '), entry.text, reason(entry)]];
    case 'ended':
      return [
        'phone',
        [
          endReasons[entry.reason] ?? readable(entry.reason),
          ` · ${formatClock(entry.durationMs)} · ${turns(entry.turns)}`,
        ],
      ];
    default:
      return ['info', [entry.text]];
  }
}

function toolResult({ ok, durationMs, error }) {
  if (ok === undefined) return 'is running …';
  return ok ? `done in ${formatMs(durationMs)}` : `failed after ${formatMs(durationMs)}${error ? `: ${error}` : ''}`;
}

function reason(entry) {
  return entry.reason ? element('span', { class: 'reason' }, ` · ${entry.reason.replaceAll('_', ' ')}`) : '';
}

function turns(count) {
  return count === 1 ? '1 turn' : `${count} turns`;
}

function time({ atMs }) {
  return element('time', {}, formatClock(atMs));
}

/** What a screen reader says, once it is complete; words that still change are not read out. @param {Entry} entry */
function announcementOf(entry) {
  if (entry.kind === 'caller') {
    if (entry.state === 'rejected') return 'You: not understood.';
    return entry.state === 'done' && entry.via === 'voice' ? `You: ${entry.text}` : undefined;
  }
  if (entry.kind === 'agent') {
    if (entry.streaming) return undefined;
    const [heard, unheard] = splitHeard(entry.text, entry.heardWords);
    return unheard === '' ? `${readable(entry.agent)}: ${entry.text}` : `Cut off after: ${heard || 'nothing'}`;
  }
  if (entry.kind === 'tool' && entry.ok === undefined) return undefined;
  return lineContent(entry)[1]
    .map((part) => (typeof part === 'string' ? part : part.textContent))
    .join('');
}
