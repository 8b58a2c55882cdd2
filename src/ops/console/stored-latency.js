/**
 * @typedef {object} StoredAnswer
 * @property {string} key
 * @property {string} label what was answered; of a greeting, the greeting
 * @property {'completed' | 'interrupted' | 'failed'} outcome
 * @property {Record<string, number>} metrics as `generation_complete` has them
 */

/** Answers of a kept call that were measured, in order of time. @param {any} conversation @returns {StoredAnswer[]} */
export function answersOf({ entries }) {
  let asked = '';
  /** @type {StoredAnswer[]} */
  const answers = [];
  for (const entry of [...entries].sort((a, b) => a.at_ms - b.at_ms)) {
    if (entry.role === 'caller') asked = entry.text || '…';
    if (entry.role !== 'agent' || !entry.latency) continue;
    const { id, at_ms, text, outcome, latency } = entry;
    answers.push({ key: `${id} ${at_ms}`, label: asked || text, outcome, metrics: latency });
    asked = '';
  }
  return answers;
}
