/**
 * @typedef {object} Block speech on one of two lanes
 * @property {string} key
 * @property {'agent' | 'customer'} lane
 * @property {number} left 0 to 1 of the whole
 * @property {number} width 0 to 1
 */

/**
 * Where everything that was said lies.
 * @param {import('./talk.js').Said[]} said @param {number} seconds length of the whole
 * @returns {Block[]}
 */
export function blocksOf(said, seconds) {
  if (seconds <= 0) return [];
  return said
    .filter(({ kind, start }) => kind === 'speech' && start < seconds)
    .map(({ key, side, start, end }) => ({
      key,
      lane: side === 'agent' ? 'agent' : 'customer',
      left: start / seconds,
      width: (Math.min(end, seconds) - start) / seconds,
    }));
}

/** Who speaks at this moment. @param {import('./talk.js').Said[]} said @param {number} seconds @returns {Set<string>} keys */
export function heardAt(said, seconds) {
  const now = said.filter(({ kind, start, end }) => kind === 'speech' && start <= seconds && seconds < end);
  return new Set(now.map(({ key }) => key));
}

/**
 * How much of each channel of a recording goes to each ear, as `[from][to]`. Of calls with our agent the caller is left; of
 * those that were listened to, our side is.
 * @param {'both' | 'agent' | 'customer'} side @param {'voice' | 'listen'} kind
 */
export function sideChannels(side, kind) {
  if (side === 'both')
    return [
      [1, 0],
      [0, 1],
    ];
  const isLeft = (side === 'agent') === (kind === 'listen');
  return isLeft
    ? [
        [1, 1],
        [0, 0],
      ]
    : [
        [0, 0],
        [1, 1],
      ];
}
