import { element, icon, spoken } from './dom.js';
import { formatClock, readable } from './format.js';

/** @typedef {import('./listen-transcript.js').Segment} Segment */

const sources = { mic: 'our side', system: 'the other side' };
const missing = { audio: 'not heard', transcript: 'not understood', recording: 'not recorded' };
const reasons = {
  queue_full: 'it came faster than it could be heard',
  overload: 'the server was overloaded',
  disconnected: 'the connection was lost',
};

/** Which side of the view, and which colour. @param {Segment} segment @param {number} channels */
export function sideOf({ is_user }, channels) {
  if (is_user) return 'agent';
  return channels === 2 ? 'customer' : 'other';
}

/** @param {Segment} segment @param {number} channels @param {string | undefined} name of the person, if known */
export function speakerName({ is_user, speaker_id, person_id }, channels, name) {
  if (name || person_id) return name ?? `Person ${person_id.slice(0, 8)}`;
  if (channels === 2) return is_user ? 'Agent' : 'Customer';
  // A recogniser that does not tell voices apart has one number for all.
  return speaker_id === 0 ? 'Speaker' : `Speaker ${speaker_id}`;
}

/** What is missing, from when on. @param {{ start: number, end: number, of: string, reason: string, sources?: string[] }} gap */
export function gapText({ start, end, of, reason, sources: of_sides = [] }) {
  const seconds = `${(end - start).toFixed(1)} s`;
  if (reason === 'paused') return `Paused for ${seconds}: nothing of it is kept`;
  const whose = of_sides.length === 1 ? ` of ${sources[of_sides[0]] ?? of_sides[0]}` : '';
  return `${seconds}${whose} were ${missing[of] ?? `without ${of}`}: ${reasons[reason] ?? readable(reason).toLowerCase()}`;
}

/**
 * @param {object} what
 * @param {string} what.text @param {string | Node} what.name @param {Node} what.time
 * @param {(Node | string | false)[]} [what.tags]
 */
export function speechContent({ text, name, time, tags = [] }) {
  return [element('div', { class: 'who' }, name, ...tags, time), element('p', { class: 'words' }, text)];
}

/** @param {string} symbol @param {(Node | string)[]} words @param {Node} [time] */
export function lineContent(symbol, words, time) {
  return [icon(symbol), element('span', { class: 'line' }, ...words), ...(time ? [time] : [])];
}

/** @param {number} seconds */
export function clockTime(seconds) {
  return element('time', {}, formatClock(seconds * 1000));
}

/** A button that looks like the time it goes to. @param {number} seconds @param {() => void} seek */
export function seekTime(seconds, seek) {
  const button = element(
    'button',
    { type: 'button', class: 'seek', 'data-part': 'seek' },
    spoken('Play from '),
    formatClock(seconds * 1000),
  );
  button.addEventListener('click', seek);
  return button;
}

/** Where an id is all there is. @param {string} id */
export function shortId(id) {
  return id.slice(0, 8);
}
