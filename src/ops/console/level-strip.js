import { meterPosition } from './level-meter.js';

const SECONDS = 24;
const COLUMN_MS = 60;
const COLUMNS = (SECONDS * 1000) / COLUMN_MS;

/** The last seconds of the call as two lanes, the caller above and the agent below: who spoke, and who cut in. */
export class LevelStrip {
  /** @param {HTMLCanvasElement} canvas */
  constructor(canvas) {
    this.canvas = canvas;
    this.colours = matchMedia('(prefers-color-scheme: dark)');
    this.reset();
    this.colours.addEventListener('change', () => this.draw());
    new ResizeObserver(() => this.draw()).observe(canvas);
  }

  reset() {
    this.columns = [];
    this.now = { caller: 0, agent: 0, cut: false };
    this.draw();
  }

  start() {
    this.reset();
    this.timer ??= setInterval(() => this.advance(), COLUMN_MS);
  }

  stop() {
    clearInterval(this.timer);
    this.timer = undefined;
  }

  /** @param {'caller' | 'agent'} who @param {number} level RMS, 0 to 1 */
  note(who, level) {
    this.now[who] = Math.max(this.now[who], meterPosition(level));
  }

  /** The agent was cut off here. */
  cut() {
    this.now.cut = true;
  }

  advance() {
    this.columns.push(this.now);
    if (this.columns.length > COLUMNS) this.columns.shift();
    this.now = { caller: 0, agent: 0, cut: false };
    this.draw();
  }

  draw() {
    const { clientWidth, clientHeight } = this.canvas;
    const scale = devicePixelRatio;
    const width = Math.round(clientWidth * scale);
    const height = Math.round(clientHeight * scale);
    if (width === 0) return;
    if (this.canvas.width !== width || this.canvas.height !== height) Object.assign(this.canvas, { width, height });
    const paint = this.canvas.getContext('2d');
    const style = getComputedStyle(this.canvas);
    const colour = (name) => style.getPropertyValue(name);
    const middle = Math.round(height / 2);
    const step = Math.max(1, Math.round(width / COLUMNS));
    const columns = this.columns.slice(-Math.floor(width / step));
    paint.clearRect(0, 0, width, height);
    paint.fillStyle = colour('--line');
    paint.fillRect(0, middle, width, scale);
    for (const [i, { caller, agent, cut }] of columns.entries()) {
      const x = width - (columns.length - i) * step;
      const lane = middle - 2 * scale;
      paint.fillStyle = colour('--caller');
      paint.fillRect(x, middle - scale - caller * lane, step, caller * lane);
      paint.fillStyle = colour('--accent');
      paint.fillRect(x, middle + 2 * scale, step, agent * lane);
      if (!cut) continue;
      paint.fillStyle = colour('--danger');
      paint.fillRect(x, 0, 2 * scale, height);
    }
  }
}
