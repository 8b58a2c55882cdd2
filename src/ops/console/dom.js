const SVG = 'http://www.w3.org/2000/svg';

/** @param {string} id */
export function byId(id) {
  return /** @type {any} */ (document.getElementById(id));
}

/**
 * @param {string} tag
 * @param {Record<string, string | boolean | undefined>} attributes `class`, `text`, or any other; false leaves it out
 * @param {(Node | string | undefined | false)[]} children
 */
export function element(tag, attributes = {}, ...children) {
  const node = document.createElement(tag);
  setAttributes(node, attributes);
  node.append(...children.filter((child) => child !== undefined && child !== false));
  return node;
}

/** @param {Element} node @param {Record<string, string | boolean | undefined>} attributes */
export function setAttributes(node, attributes) {
  for (const [name, value] of Object.entries(attributes)) {
    if (value === false || value === undefined) node.removeAttribute(name);
    else node.setAttribute(name, value === true ? '' : value);
  }
}

/** One of the symbols in the page, for decoration only. @param {string} name */
export function icon(name) {
  const svg = document.createElementNS(SVG, 'svg');
  const use = document.createElementNS(SVG, 'use');
  use.setAttribute('href', `#icon-${name}`);
  setAttributes(svg, { class: 'icon', 'aria-hidden': 'true' });
  svg.append(use);
  return svg;
}

/** Text for screen readers only. @param {string} text */
export function spoken(text) {
  return element('span', { class: 'visually-hidden' }, text);
}
