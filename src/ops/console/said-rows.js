import { element } from './dom.js';
import { lineContent, speechContent, clockTime } from './segment-rows.js';

/** @typedef {import('./talk.js').Said} Said */

/**
 * What was said, as a row of a list.
 * @param {Said} said @param {number} i place among those of the same moment
 * @param {boolean} seeks whether its time leads somewhere
 * @param {() => Node} [time]
 * @returns {import('./row-list.js').Row}
 */
export function saidRow(said, i, seeks = false, time = () => clockTime(said.start)) {
  const { key, kind, start, side, name, text, tag } = said;
  const content = {
    speech: () =>
      speechContent({
        text,
        name,
        time: time(),
        tags: [tag && element('span', { class: 'tag' }, tag)].filter(Boolean),
      }),
    tool: () => lineContent('tool', [element('code', {}, name), ` ${text}`], clockTime(start)),
    gap: () => lineContent('warning', [text], clockTime(start)),
  };
  const speech = `entry entry-${side === 'agent' ? 'agent' : 'caller'}`;
  return {
    key,
    order: [start, i],
    shows: [said, seeks],
    className: kind === 'speech' ? speech : `entry entry-${kind}`,
    data: { side },
    content: content[kind],
  };
}
