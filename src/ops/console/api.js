const TOKEN_KEY = 'parley.token';
const TIMEOUT_MS = 4000;

/** @typedef {{ status: number, body: any }} Answer status 0 when the server did not answer */

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

  get headers() {
    return this.token ? { authorization: `Bearer ${this.token}` } : {};
  }

  /** @param {string} path below `/api/v1/` @returns {Promise<Answer>} */
  get(path) {
    return this.request(path, {});
  }

  /** What anybody may ask: a token that is refused must not be counted against it. @param {string} path @returns {Promise<Answer>} */
  probe(path) {
    return this.request(path, { headers: {} });
  }

  /** @param {string} path @returns {Promise<Answer>} */
  post(path) {
    return this.request(path, { method: 'POST' });
  }

  /** @param {string} path @returns {Promise<Answer>} */
  remove(path) {
    return this.request(path, { method: 'DELETE' });
  }

  /** @param {string} path @param {RequestInit} init @returns {Promise<Answer>} */
  async request(path, init) {
    const signal = AbortSignal.timeout(TIMEOUT_MS);
    try {
      const response = await fetch(new URL(path, this.base), { headers: this.headers, ...init, signal });
      return { status: response.status, body: await response.json().catch(() => undefined) };
    } catch {
      return { status: 0, body: undefined };
    }
  }

  /**
   * An answer that goes on and on.
   * @param {string} path @param {AbortSignal} signal
   * @returns {Promise<{ status: number, problem?: string, body: ReadableStream<Uint8Array> }>} rejects when it cannot be asked
   */
  async stream(path, signal) {
    const response = await fetch(new URL(path, this.base), { headers: this.headers, signal });
    const { status, ok } = response;
    if (ok) return { status, body: response.body };
    return {
      status,
      problem: problemOf({ status, body: await response.json().catch(() => undefined) }),
      body: undefined,
    };
  }

  /**
   * A file, as long as it takes.
   * @param {string} path @param {AbortSignal} signal
   * @param {(bytes: number) => void} onProgress how much is there
   * @returns {Promise<Blob>} rejects with a sentence
   */
  async download(path, signal, onProgress) {
    const response = await fetch(new URL(path, this.base), { headers: this.headers, signal });
    if (!response.ok)
      throw new Error(problemOf({ status: response.status, body: await response.json().catch(() => 0) }));
    let bytes = 0;
    const counted = new TransformStream({
      transform(chunk, controller) {
        onProgress((bytes += chunk.byteLength));
        controller.enqueue(chunk);
      },
    });
    const type = response.headers.get('content-type') ?? 'audio/wav';
    return new Response(response.body.pipeThrough(counted), { headers: { 'content-type': type } }).blob();
  }

  /**
   * With a credential for this one connection where the server gives such, so that the token stands in no address.
   * @param {string} path
   * @param {Record<string, string>} parameters of the call; empty ones are left out
   */
  async socketUrl(path, parameters) {
    const token = (this.token && (await this.singleUseToken())) || this.token;
    const url = new URL(path, this.base);
    url.protocol = url.protocol === 'https:' ? 'wss:' : 'ws:';
    for (const [name, value] of Object.entries({ ...parameters, token })) {
      if (value) url.searchParams.set(name, value);
    }
    return url;
  }

  /** Undefined when whose token this is may not ask for one. */
  async singleUseToken() {
    const { status, body } = await this.post('tokens');
    return status === 201 ? body.token : undefined;
  }
}

/** Why a request has failed, in a sentence. @param {Answer} answer */
export function problemOf({ status, body }) {
  if (status === 0) return 'The server does not answer.';
  if (status === 401) return 'The server asks for another access token.';
  const message = body?.error?.message;
  return message ? `${message}.` : `The server answers with ${status}.`;
}
