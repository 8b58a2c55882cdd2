const FLOOR_DBFS = -60;
/** How fast the meter falls, in parts of its length each update. */
const FALL = 0.08;

/** A loudness as a part of the meter's length: 0 at -60 dBFS, 1 at full scale. @param {number} level RMS, 0 to 1 */
export function meterPosition(level) {
  if (level <= 0) return 0;
  return Math.max(0, Math.min(1, 1 - (20 * Math.log10(level)) / FLOOR_DBFS));
}

/** Shows how loud one side of the call is. */
export class LevelMeter {
  /** @param {HTMLElement} node with role `meter` */
  constructor(node) {
    this.node = node;
    this.bar = node.firstElementChild;
    this.shown = 0;
  }

  /** @param {number} level RMS of what was captured or played, 0 to 1 */
  show(level) {
    this.set(Math.max(meterPosition(level), this.shown - FALL), level);
  }

  /** Dark at once: the call is over. */
  reset() {
    this.set(0, 0);
  }

  /** @param {number} position 0 to 1 @param {number} level */
  set(position, level) {
    this.shown = position;
    this.bar.style.transform = `scaleX(${this.shown})`;
    // The level itself, for tests and for the curious.
    this.node.dataset.level = level.toFixed(4);
    const percent = String(Math.round(this.shown * 20) * 5);
    if (this.node.getAttribute('aria-valuenow') !== percent) this.node.setAttribute('aria-valuenow', percent);
  }
}
