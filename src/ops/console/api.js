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
  async get(path) {
    const headers = this.token ? { authorization: `Bearer ${this.token}` } : {};
    try {
      const response = await fetch(new URL(path, this.base), { headers, signal: AbortSignal.timeout(TIMEOUT_MS) });
      return { status: response.status, body: await response.json().catch(() => undefined) };
    } catch {
      return { status: 0, body: undefined };
    }
  }

  /** @param {Record<string, string>} parameters of the call; empty ones are left out */
  voiceUrl(parameters) {
    const url = new URL('voice/ws', this.base);
    url.protocol = url.protocol === 'https:' ? 'wss:' : 'ws:';
    for (const [name, value] of Object.entries({ ...parameters, token: this.token })) {
      if (value) url.searchParams.set(name, value);
    }
    return url;
  }
}
