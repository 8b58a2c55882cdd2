import { element } from './dom.js';
import { formatWhen, readable } from './format.js';
import { measureRows } from './talk.js';

const owners = { agent: 'agent', customer: 'customer', unknown: 'somebody' };
const waiting = {
  in_progress: 'The conversation is going on. What comes of it is found out when it is over.',
  processing: 'The conversation is over, and is being read …',
  discarded: 'There was nothing in it.',
};

/** What came of a conversation. @param {any} conversation @returns {Node[]} */
export function insightsContent({ kind, status, insights }) {
  if (!insights) return [element('p', { class: 'hint' }, waiting[status] ?? 'It has not been read.')];
  const { measures } = insights;
  return [
    ...madeBy(insights),
    element('p', { class: 'overview' }, insights.overview),
    facts([
      [
        'Outcome',
        element('span', { class: 'tag', 'data-disposition': insights.disposition }, readable(insights.disposition)),
      ],
      ['Agent', mood(insights.sentiment.agent)],
      [kind === 'voice' ? 'Caller' : 'Customer', mood(insights.sentiment.customer)],
    ]),
    ...list('To do', insights.action_items, ({ text, owner }) => [
      element('span', {}, text),
      element('span', { class: 'tag' }, owners[owner] ?? owner),
    ]),
    ...list('Mentioned', insights.entities, ({ kind, text }) => [
      element('span', { class: 'of' }, readable(kind)),
      element('span', {}, text),
    ]),
    element('h3', {}, 'Talk', kind === 'voice' && element('span', { class: 'of' }, ' estimated from the words')),
    ...ratio(measures),
    facts(measureRows(measures)),
    element('p', { class: 'hint' }, `Read ${formatWhen(insights.processed_at)}${readTimes(insights.generation)}.`),
  ];
}

/** Said plainly: what no model has read was not understood by anybody. */
function madeBy({ made_by, model, notice }) {
  if (made_by === 'model')
    return [
      element('p', { class: 'hint' }, `Read by ${model ?? 'a model'}.`),
      notice && element('p', { class: 'note' }, sentence(notice)),
    ].filter(Boolean);
  return [
    element(
      'p',
      { class: 'note' },
      element('strong', {}, 'No model has read this. '),
      'Title and overview are sentences that were said, chosen by rules, without any understanding.',
      notice && element('span', { class: 'reason' }, ` ${sentence(notice)}`),
    ),
  ];
}

/** @param {[string, Node | string][]} rows */
function facts(rows) {
  return element(
    'dl',
    { class: 'facts' },
    ...rows.map(([name, value]) => element('div', {}, element('dt', {}, name), element('dd', {}, value))),
  );
}

function mood(sentiment) {
  return element('span', { class: 'mood', 'data-mood': sentiment }, readable(sentiment));
}

function list(heading, items, contentOf) {
  if (items.length === 0) return [];
  return [
    element('h3', {}, heading),
    element('ul', { class: 'items' }, ...items.map((item) => element('li', {}, ...contentOf(item)))),
  ];
}

function ratio({ agent_talk_ratio }) {
  if (agent_talk_ratio === null) return [element('p', { class: 'hint' }, 'Nobody spoke.')];
  const percent = Math.round(agent_talk_ratio * 100);
  const words = `Agent ${percent} %, customer ${100 - percent} % of what was said`;
  const bar = element('div', { class: 'ratio', role: 'img', 'aria-label': words }, element('span'));
  bar.firstElementChild.style.width = `${percent}%`;
  return [
    bar,
    element(
      'p',
      { class: 'ratio-words', 'aria-hidden': 'true' },
      element('span', {}, `Agent ${percent} %`),
      element('span', {}, `Customer ${100 - percent} %`),
    ),
  ];
}

/** @param {string} words */
function sentence(words) {
  return /[.!?]$/.test(words) ? words : `${words}.`;
}

function readTimes(generation) {
  return generation === 1 ? '' : `, for the ${ordinal(generation)} time`;
}

function ordinal(count) {
  if (count === 2) return 'second';
  return count === 3 ? 'third' : `${count}th`;
}
