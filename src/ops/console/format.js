/** @param {number | undefined} ms */
export function formatMs(ms) {
  if (ms === undefined) return '–';
  if (ms > 0 && ms < 1) return '<1 ms';
  return ms < 10_000 ? `${Math.round(ms)} ms` : `${(ms / 1000).toFixed(1)} s`;
}

/** Minutes and seconds of a call, and hours if it has any. @param {number} ms */
export function formatClock(ms) {
  const seconds = Math.floor(ms / 1000);
  const two = (count) => String(count % 60).padStart(2, '0');
  const minutes = Math.floor(seconds / 60);
  return minutes < 60 ? `${minutes}:${two(seconds)}` : `${Math.floor(minutes / 60)}:${two(minutes)}:${two(seconds)}`;
}

/** `card_services` → `Card services`. @param {string} name */
export function readable(name) {
  const words = name.replaceAll(/[_-]+/g, ' ').trim();
  return words.charAt(0).toUpperCase() + words.slice(1);
}

/** Date and time, of today only the time. @param {string} iso */
export function formatWhen(iso) {
  const date = new Date(iso);
  const time = date.toLocaleTimeString([], { hour: '2-digit', minute: '2-digit' });
  if (date.toDateString() === new Date().toDateString()) return time;
  return `${date.toLocaleDateString([], { day: 'numeric', month: 'short' })}, ${time}`;
}

/** @param {number} bytes */
export function formatBytes(bytes) {
  return bytes < 1e6 ? `${Math.ceil(bytes / 1000)} kB` : `${(bytes / 1e6).toFixed(1)} MB`;
}

/** A stretch of a conversation: to a tenth of a second, from a minute on to the second. @param {number} ms */
export function formatSpan(ms) {
  return ms < 60_000 ? `${(ms / 1000).toFixed(1)} s` : formatClock(ms);
}
