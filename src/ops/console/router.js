import { byId } from './dom.js';

/**
 * @typedef {object} View
 * @property {string} title
 * @property {string} region id of what the skip link leads to
 * @property {(rest: string, query: URLSearchParams) => void} [show] with what stands behind its name in the address
 * @property {() => void} [hide]
 */

/** Which view is shown, by the address: `#/listen`, `#/conversations/<id>?tenant=acme`. The others keep what they do. */
export class Router {
  /** @param {Record<string, View>} views by name, the first without an address */
  constructor(views) {
    this.views = views;
    /** @type {string | undefined} */
    this.current = undefined;
    addEventListener('hashchange', () => this.follow());
    byId('skip').addEventListener('click', (event) => {
      event.preventDefault();
      byId(this.views[this.current].region).focus();
    });
    this.follow();
  }

  follow() {
    const [, name, rest = '', query = ''] = /^#\/([a-z]+)(?:\/([\w-]+))?(?:\?(.*))?$/.exec(location.hash) ?? [];
    const wanted = name in this.views ? name : Object.keys(this.views)[0];
    if (this.current !== wanted) this.turnTo(wanted);
    this.views[wanted].show?.(rest, new URLSearchParams(query));
  }

  turnTo(wanted) {
    this.views[this.current]?.hide?.();
    this.current = wanted;
    document.body.dataset.view = wanted;
    document.title = `${this.views[wanted].title} · Parley console`;
    for (const name of Object.keys(this.views)) {
      byId(`view-${name}`).hidden = name !== wanted;
      if (name === wanted) byId(`to-${name}`).setAttribute('aria-current', 'page');
      else byId(`to-${name}`).removeAttribute('aria-current');
    }
  }
}
