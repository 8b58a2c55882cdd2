import { element, setAttributes, spoken } from './dom.js';
import { formatMs } from './format.js';
import { axisFor, medianVoiceToVoice, stageNames, turnLatency } from './waterfall.js';

/** @typedef {import('./waterfall.js').TurnLatency} TurnLatency */

const MAX_TURNS = 50;
/** In the order of the table's columns. */
const figures = ['endpointing', 'stt', 'llm', 'between', 'tts'];

/** A table with a row for each turn: what was said, bars on a common axis, and the figures behind them. */
export class WaterfallView {
  /** @param {HTMLElement} table @param {HTMLElement} axis @param {HTMLElement} summary */
  constructor(table, axis, summary) {
    this.table = table;
    this.axis = axis;
    this.summary = summary;
    /** @type {{ latency: TurnLatency, row: HTMLElement }[]} */
    this.turns = [];
    this.draw();
  }

  clear() {
    this.turns = [];
    this.table.replaceChildren();
    this.draw();
  }

  /**
   * @param {{ label: string, outcome: 'completed' | 'interrupted' | 'failed', metrics: Record<string, number> }} turn
   */
  add({ label, outcome, metrics }) {
    const latency = turnLatency(metrics);
    const row = makeRow(label, outcome, latency);
    this.turns.push({ latency, row });
    this.table.prepend(row);
    if (this.turns.length > MAX_TURNS) this.turns.shift().row.remove();
    this.draw();
  }

  /** A longer turn changes the axis, and with it all bars. */
  draw() {
    const latencies = this.turns.map((turn) => turn.latency);
    const { endMs, ticks } = axisFor(latencies);
    this.axis.replaceChildren(
      ...ticks.map((tick) => {
        const label = element('span', {}, tick === endMs ? formatMs(tick) : String(tick));
        label.style.left = `${(tick / endMs) * 100}%`;
        return label;
      }),
    );
    for (const { latency, row } of this.turns) {
      const bars = row.querySelectorAll('.bar');
      for (const [i, stage] of latency.stages.entries()) {
        bars[i].style.left = `${(stage.startMs / endMs) * 100}%`;
        bars[i].style.width = `${(stage.durationMs / endMs) * 100}%`;
      }
      row.querySelector('.bars').style.backgroundSize = `${(ticks[1] / endMs) * 100}% 100%`;
    }
    const median = medianVoiceToVoice(latencies);
    this.summary.textContent = median === undefined ? '' : `voice to voice, median ${formatMs(median)}`;
    this.axis.parentElement.toggleAttribute('data-empty', this.turns.length === 0);
  }
}

/** @param {string} label @param {string} outcome @param {TurnLatency} latency */
function makeRow(label, outcome, latency) {
  const row = element(
    'div',
    { class: 'turn', role: 'row', tabindex: '0', 'data-outcome': outcome },
    element('div', { class: 'turn-label', role: 'rowheader', title: label }, label),
    element(
      'div',
      { class: 'turn-total', role: 'cell' },
      outcome !== 'completed' && element('span', { class: 'tag' }, outcome),
      !latency.spoken && element('span', { class: 'hint' }, 'text to audio'),
      element('strong', {}, formatMs(latency.totalMs)),
      latency.spoken && spoken(' voice to voice'),
    ),
    element(
      'div',
      { class: 'bars', role: 'presentation' },
      ...latency.stages.map(({ key }) => element('span', { class: 'bar', 'data-stage': key })),
    ),
    element(
      'div',
      { class: 'figures', role: 'presentation' },
      ...figures.map((key) => makeFigure(key, latency)),
      makeBargeIn(latency.bargeInStopMs),
    ),
  );
  return row;
}

function makeFigure(key, { stages }) {
  const stage = stages.find((candidate) => candidate.key === key);
  const { label, name, meaning } = stageNames[key];
  const cell = element('div', { class: 'figure', role: 'cell', title: `${name}: ${meaning}`, 'data-stage': key });
  cell.append(element('span', { class: 'figure-label' }, label), ' ', formatMs(stage?.durationMs));
  if (!stage) setAttributes(cell, { 'data-missing': true });
  return cell;
}

function makeBargeIn(stopMs) {
  const cell = element('div', { class: 'figure', role: 'cell', 'data-stage': 'barge-in' });
  cell.title = 'From the first loud frame of the caller until the agent was silent';
  cell.append(element('span', { class: 'figure-label' }, 'Barge-in stop'), ' ', formatMs(stopMs));
  if (stopMs === undefined) setAttributes(cell, { 'data-missing': true });
  return cell;
}
