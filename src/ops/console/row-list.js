import { element } from './dom.js';

/** Nearer to the end than this the view follows what is added. */
const FOLLOW_PX = 80;

/**
 * @typedef {object} Row
 * @property {string} key
 * @property {number[]} order where it stands: compared number by number
 * @property {unknown} shows what it is made of; JSON-able. It is made anew when that has changed
 * @property {string} className
 * @property {Record<string, string | undefined>} [data]
 * @property {() => (Node | string)[]} content
 */

/** A list whose rows come in any order, change and go; those that do not change are left alone, focus and all. */
export class RowList {
  /** @param {HTMLElement} list @param {HTMLElement} [scroller] follows what is added at its end */
  constructor(list, scroller) {
    this.list = list;
    this.scroller = scroller;
    /** @type {Map<string, { node: HTMLElement, order: number[], shows: string }>} */
    this.rows = new Map();
  }

  /** Of the row on top. */
  get firstKey() {
    return this.list.firstElementChild.dataset.key;
  }

  get size() {
    return this.rows.size;
  }

  clear() {
    this.rows.clear();
    this.list.replaceChildren();
  }

  /** @param {string} key */
  nodeOf(key) {
    return this.rows.get(key)?.node;
  }

  /** Exactly these. @param {Row[]} rows */
  replace(rows) {
    const wanted = new Set(rows.map(({ key }) => key));
    for (const key of this.rows.keys()) if (!wanted.has(key)) this.remove(key);
    for (const row of rows) this.set(row);
  }

  /** @param {Row} row */
  set({ key, order, shows, className, data = {}, content }) {
    const signature = JSON.stringify([shows, className, data]);
    const known = this.rows.get(key);
    const moves = !known || compare(known.order, order) !== 0;
    if (known?.shows === signature && !moves) return;
    const node = known?.node ?? element('li');
    const part = node.contains(document.activeElement) ? document.activeElement.dataset.part : undefined;
    const follow = this.follows;
    if (known?.shows !== signature) {
      node.className = className;
      for (const name of Object.keys(node.dataset)) delete node.dataset[name];
      node.dataset.key = key;
      for (const [name, value] of Object.entries(data)) if (value !== undefined) node.dataset[name] = value;
      node.replaceChildren(...content());
    }
    this.rows.set(key, { node, order, shows: signature });
    if (moves) this.place(node, order);
    if (part) node.querySelector(`[data-part='${part}']`)?.focus();
    if (follow) this.scroller.scrollTop = this.scroller.scrollHeight;
  }

  /** @param {string} key */
  remove(key) {
    this.rows.get(key)?.node.remove();
    this.rows.delete(key);
  }

  get follows() {
    if (!this.scroller) return false;
    const { scrollHeight, scrollTop, clientHeight } = this.scroller;
    return scrollHeight - scrollTop - clientHeight < FOLLOW_PX;
  }

  place(node, order) {
    // Nearly everything comes at the end.
    let before = this.list.lastElementChild;
    while (before && (before === node || compare(this.orderOf(before), order) > 0))
      before = before.previousElementSibling;
    const next = before ? before.nextElementSibling : this.list.firstElementChild;
    if (next !== node) this.list.insertBefore(node, next);
  }

  orderOf(node) {
    return this.rows.get(node.dataset.key)?.order ?? [];
  }
}

/** @param {number[]} a @param {number[]} b */
function compare(a, b) {
  for (let i = 0; i < Math.max(a.length, b.length); i++) {
    const difference = (a[i] ?? 0) - (b[i] ?? 0);
    if (difference !== 0) return difference;
  }
  return 0;
}
