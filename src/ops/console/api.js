const TOKEN_KEY = 'parley.token';
const TIMEOUT_MS = 4000;

/** The server's REST API, and the addresses of its sockets. */
export class Api {
  constructor() {
    this.base = new URL('api/v1/', document.baseURI);
  }

  get token() {
    return sessionStorage.getItem(TOKEN_KEY) ?? '';
  }

  /** Kept until the tab is closed. */
  set token(token) {
    if (token) sessionStorage.setItem(TOKEN_KEY, token);
    else sessionStorage.removeItem(TOKEN_KEY);
  }

  /**
   * @param {string} path below `/api/v1/`
   * @returns {Promise<{ status: number, body: any }>} status 0 when the server did not answer
   */
  get(path) {
    return this.request(path, {});
  }

  /** @param {string} path @param {RequestInit} init */
  async request(path, init) {
    const headers = this.token ? { authorization: `Bearer ${this.token}` } : {};
    const signal = AbortSignal.timeout(TIMEOUT_MS);
    try {
      const response = await fetch(new URL(path, this.base), { ...init, headers, signal });
      return { status: response.status, body: await response.json().catch(() => undefined) };
    } catch {
      return { status: 0, body: undefined };
    }
  }

  /**
   * With a credential for this one call where the server gives such, so that the token stands in no address.
   * @param {Record<string, string>} parameters of the call; empty ones are left out
   */
  async voiceUrl(parameters) {
    const token = (this.token && (await this.singleUseToken())) || this.token;
    const url = new URL('voice/ws', this.base);
    url.protocol = url.protocol === 'https:' ? 'wss:' : 'ws:';
    for (const [name, value] of Object.entries({ ...parameters, token })) {
      if (value) url.searchParams.set(name, value);
    }
    return url;
  }

  /** Undefined when whose token this is may not ask for one. */
  async singleUseToken() {
    const { status, body } = await this.request('tokens', { method: 'POST' });
    return status === 201 ? body.token : undefined;
  }
}
