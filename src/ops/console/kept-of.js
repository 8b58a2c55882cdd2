/** Whose conversations are looked at: one's own tenant's, or those of another that an admin has named. */
export class KeptOf {
  constructor() {
    /** Empty: the own one. */
    this.tenant = '';
  }

  /** What is asked for. @param {string} path below `/api/v1/` @param {Record<string, string | number>} [parameters] */
  path(path, parameters = {}) {
    const query = new URLSearchParams(Object.entries(parameters).map(([name, value]) => [name, String(value)]));
    if (this.tenant) query.set('tenant', this.tenant);
    return query.size > 0 ? `${path}?${query}` : path;
  }

  /** Where it is shown in the console. @param {string} [id] none: the list @param {string} [tenant] another one */
  page(id = '', tenant = this.tenant) {
    const query = tenant && `?${new URLSearchParams({ tenant })}`;
    return `#/conversations${id && `/${id}`}${query}`;
  }
}
