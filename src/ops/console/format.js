/** @param {number | undefined} ms */
export function formatMs(ms) {
  if (ms === undefined) return '–';
  if (ms > 0 && ms < 1) return '<1 ms';
  return ms < 10_000 ? `${Math.round(ms)} ms` : `${(ms / 1000).toFixed(1)} s`;
}

/** Minutes and seconds of a call. @param {number} ms */
export function formatClock(ms) {
  const seconds = Math.floor(ms / 1000);
  return `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, '0')}`;
}

/** `card_services` → `Card services`. @param {string} name */
export function readable(name) {
  const words = name.replaceAll(/[_-]+/g, ' ').trim();
  return words.charAt(0).toUpperCase() + words.slice(1);
}
