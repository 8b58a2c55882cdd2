/**
 * What was said in a conversation, whoever has heard it: one shape for calls with an agent of ours, and for those that were
 * listened to.
 *
 * @typedef {object} Said
 * @property {string} key
 * @property {'speech' | 'tool' | 'gap'} kind
 * @property {number} start seconds since the conversation's beginning
 * @property {number} end seconds; of calls with an agent it is estimated
 * @property {'agent' | 'customer' | 'other'} side
 * @property {string} name
 * @property {string} text
 * @property {string} tag empty: there is nothing to add
 */

import { formatSpan, readable } from './format.js';
import { gapText, sideOf, speakerName } from './segment-rows.js';

/** How fast people speak, and the least that a word or two take. */
const WORDS_PER_SECOND = 2.5;
const LEAST_SECONDS = 0.6;

const via = { voice: '', text: 'typed', dtmf: 'keypad' };
const cut = { completed: '', interrupted: 'cut off', failed: 'failed' };

/** @param {any} conversation as the API answers @returns {Said[]} in order of time */
export function talkOf({ kind, entries, listened }) {
  const said = kind === 'listen' && listened ? listenedTo(listened) : entries.map(entryOf);
  return said.sort((a, b) => a.start - b.start);
}

/** How long it was, or is by now, ms. @param {any} conversation of a list, or whole @param {number} nowMs since 1970 */
export function durationOf({ status, started_at, updated_at, insights }, nowMs) {
  if (insights) return insights.measures.duration_ms;
  const endMs = status === 'in_progress' ? nowMs : Date.parse(updated_at);
  return Math.max(0, endMs - Date.parse(started_at));
}

function listenedTo({ segments, gaps, people, channels }) {
  const speech = segments.map((segment) => ({
    key: segment.id,
    kind: 'speech',
    start: segment.start,
    end: segment.end,
    side: sideOf(segment, channels),
    name: speakerName(segment, channels, people[segment.person_id]),
    text: segment.text,
    tag: '',
  }));
  const missing = gaps.map((gap, i) => ({
    key: `gap ${i}`,
    kind: 'gap',
    start: gap.start,
    end: gap.end,
    side: 'other',
    name: '',
    text: gapText(gap),
    tag: '',
  }));
  return [...speech, ...missing];
}

function entryOf(entry) {
  const start = entry.at_ms / 1000;
  // Ids are counted anew in a session that goes on with a call.
  const key = `${entry.id} ${entry.at_ms}`;
  if (entry.role === 'tool') {
    const text = entry.ok ? 'done' : 'failed';
    return { key, kind: 'tool', start, end: start, side: 'agent', name: entry.tool, text, tag: '' };
  }
  const { text } = entry;
  const end = start + Math.max(LEAST_SECONDS, text.split(/\s+/).length / WORDS_PER_SECOND);
  if (entry.role === 'agent')
    return {
      key,
      kind: 'speech',
      start,
      end,
      side: 'agent',
      name: readable(entry.agent),
      text,
      tag: cut[entry.outcome],
    };
  const tag = entry.rejected ? 'not understood' : via[entry.source];
  return { key, kind: 'speech', start, end, side: 'customer', name: 'Caller', text: text || '…', tag };
}

/** What was counted, in words. @param {any} measures @returns {[string, string][]} */
export function measureRows({ duration_ms, silence_ms, interruptions, words }) {
  const share = duration_ms > 0 ? ` (${Math.round((silence_ms / duration_ms) * 100)} %)` : '';
  return [
    ['Duration', formatSpan(duration_ms)],
    ['Silence', `${formatSpan(silence_ms)}${share}`],
    ['Cut in', `agent ${times(interruptions.agent)}, customer ${times(interruptions.customer)}`],
    ['Words', String(words)],
  ];
}

function times(count) {
  return `${count} ×`;
}
