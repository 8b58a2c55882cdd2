import { element } from './dom.js';
import { RowList } from './row-list.js';
import { clockTime, gapText, lineContent, sideOf, speakerName, speechContent } from './segment-rows.js';

/** @typedef {import('./listen-transcript.js').Line} Line */

const MAX_LINES = 1000;
const MAX_ANNOUNCEMENTS = 6;
const outcomes = {
  processing: 'This conversation is over. What came of it is being found out …',
  discarded: 'Nobody has said anything: nothing of it is kept.',
  failed: 'This conversation is kept, but could not be read.',
};

/** Shows what is said in a session, and reads it out to screen readers. */
export class ListenLines {
  /**
   * @param {HTMLElement} list @param {HTMLElement} scroller @param {HTMLElement} announcer a live region
   * @param {(segment: import('./listen-transcript.js').Segment) => void} onName somebody is to be named
   */
  constructor(list, scroller, announcer, onName) {
    this.rows = new RowList(list, scroller);
    this.announcer = announcer;
    this.onName = onName;
  }

  /** @param {import('./listen-transcript.js').ListenTranscript} transcript */
  follow(transcript) {
    this.rows.clear();
    this.announcer.replaceChildren();
    /** @type {Map<string, string>} */
    this.announced = new Map();
    this.transcript = transcript;
    this.channels = 1;
  }

  /** @param {'set' | 'removed'} change @param {Line} line */
  update(change, line) {
    if (change === 'removed') return this.rows.remove(line.key);
    this.rows.set(line.segment ? this.speech(line) : this.event(line));
    if (this.rows.size > MAX_LINES) this.rows.remove(this.rows.firstKey);
    this.announce(line);
  }

  speech(line) {
    const { segment, key, conversation, at } = line;
    const name = this.nameOf(segment);
    const side = sideOf(segment, this.channels);
    return {
      key,
      order: [conversation, at, segment.end],
      shows: [segment, name],
      className: `entry entry-${side === 'agent' ? 'agent' : 'caller'}`,
      data: { side },
      content: () => speechContent({ text: segment.text, name: this.nameButton(segment, name), time: clockTime(at) }),
    };
  }

  event(line) {
    const { key, kind, conversation, at } = line;
    return {
      key,
      order: [conversation, at],
      shows: line,
      className: `entry entry-${kind}`,
      data: { status: line.about?.status },
      content: () => this.contentOf(line),
    };
  }

  contentOf({ kind, text, gap, about, at }) {
    if (kind === 'gap') return lineContent('warning', [gapText(gap)], clockTime(at));
    if (kind === 'begun') return lineContent('info', ['A new conversation begins.']);
    if (kind === 'error') return lineContent('warning', [element('strong', {}, 'Error. '), text]);
    if (kind === 'notice') return lineContent('info', [text]);
    if (about.status !== 'completed') return lineContent('info', [outcomes[about.status]]);
    const link = element('a', { href: `#/conversations/${about.id}`, 'data-part': 'open' }, about.title || 'Untitled');
    return lineContent('done', [element('strong', {}, link), element('span', { class: 'overview' }, about.overview)]);
  }

  nameOf(segment) {
    return speakerName(segment, this.channels, this.transcript.people.get(segment.person_id));
  }

  nameButton(segment, name) {
    const title = 'Say who this is';
    const button = element('button', { type: 'button', class: 'name', title, 'data-part': 'name' }, name);
    button.addEventListener('click', () => this.onName(segment));
    return button;
  }

  announce({ key, kind, segment, text, gap, about }) {
    const words = segment
      ? `${this.nameOf(segment)}: ${segment.text}`
      : (text ?? (gap ? gapText(gap) : about && (outcomes[about.status] ?? `${about.title}. ${about.overview}`)));
    const before = this.announced.get(key);
    // A gap grows twice a second.
    if (!words || before === words || (before && kind === 'gap')) return;
    this.announced.set(key, words);
    const news = before && words.startsWith(before) ? words.slice(before.length).trim() : words;
    this.announcer.append(element('p', {}, news));
    while (this.announcer.childElementCount > MAX_ANNOUNCEMENTS) this.announcer.firstElementChild.remove();
  }
}
