import { type JWTPayload, createRemoteJWKSet, customFetch, errors, jwtVerify } from 'jose';
import type { Clock } from '../kernel/clock.js';
import { ParleyError } from '../kernel/errors.js';

/** Asymmetric ones only: what anybody can read must not be what tokens are signed with. */
const ALGORITHMS = ['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512', 'ES256', 'ES384', 'ES512', 'EdDSA'];
const CLOCK_TOLERANCE_SECONDS = 30;
const FETCH_TIMEOUT_MS = 2500;
const REFRESH_MS = 600_000;
/** After a failure; not longer, as those who come meanwhile are turned away. */
const PAUSE_MS = 500;

type RemoteJWKSet = ReturnType<typeof createRemoteJWKSet>;

export interface JwtIssuer {
  /** Exactly as in `iss`. */
  readonly issuer: string;
  readonly audiences: readonly string[];
  /** Empty: where the issuer's OpenID configuration says. */
  readonly jwksUrl: string;
}

/**
 * Checks tokens of one issuer against its public keys. They are fetched when needed and looked at again every ten minutes;
 * while the issuer is away, those that are known go on to count.
 */
export class JwtVerifier {
  private keys: Promise<RemoteJWKSet> | undefined;
  /** Of the clock; undefined before the keys have come for the first time. */
  private fetchedAt: number | undefined;
  private failedAt = -Infinity;
  private unreachable: string | undefined;

  constructor(
    private readonly options: JwtIssuer,
    private readonly clock: Clock,
  ) {}

  /** Resolves when the issuer's keys are at hand, after fetching them if need be. Rejects with what is wrong. */
  async check(): Promise<void> {
    if (this.fetchedAt !== undefined && this.unreachable === undefined) return;
    try {
      await (await this.known()).reload();
    } catch (error) {
      throw this.unavailable(error);
    }
  }

  /**
   * The claims; undefined when the token is not valid here and now.
   * Rejects with `auth_unavailable` when that cannot be told, because the keys cannot be fetched.
   */
  async verify(token: string): Promise<JWTPayload | undefined> {
    try {
      const keys = await this.known();
      const { payload } = await jwtVerify(token, keys, {
        issuer: this.options.issuer,
        audience: [...this.options.audiences],
        algorithms: ALGORITHMS,
        requiredClaims: ['exp'],
        clockTolerance: CLOCK_TOLERANCE_SECONDS,
        currentDate: new Date(this.clock.wallTime()),
      });
      return payload;
    } catch (error) {
      if (error instanceof errors.JOSEError && !isUnreachable(error)) return undefined;
      throw this.unavailable(error);
    }
  }

  private async known(): Promise<RemoteJWKSet> {
    const keys = await (this.keys ??= this.findKeys());
    // Nobody has to wait for it: a key that is not known yet is asked for at once anyway.
    if (this.fetchedAt !== undefined && this.clock.now() - this.fetchedAt > REFRESH_MS) {
      this.fetchedAt = this.clock.now();
      keys.reload().catch(() => undefined);
    }
    return keys;
  }

  private unavailable(error: unknown): ParleyError {
    // It may have moved.
    if (this.fetchedAt === undefined) this.keys = undefined;
    this.unreachable ??= 'The public keys of the issuer cannot be fetched';
    return new ParleyError('auth_unavailable', this.unreachable, true, { cause: error });
  }

  private async findKeys(): Promise<RemoteJWKSet> {
    const url = this.options.jwksUrl || (await this.discover());
    return createRemoteJWKSet(new URL(url), {
      timeoutDuration: FETCH_TIMEOUT_MS,
      cacheMaxAge: Infinity,
      [customFetch]: (...request: Parameters<typeof fetch>) => this.fetch(...request),
    });
  }

  /** Tokens with keys that nobody knows are no reason to ask an issuer again and again. */
  private async fetch(...request: Parameters<typeof fetch>): Promise<Response> {
    if (this.clock.now() - this.failedAt < PAUSE_MS) throw new Error('It has failed a moment ago');
    let problem: string | undefined = 'The public keys of the issuer cannot be fetched';
    try {
      const response = await fetch(...request);
      problem = response.ok ? undefined : `The public keys of the issuer answer ${response.status}`;
      if (response.ok) this.fetchedAt = this.clock.now();
      return response;
    } finally {
      this.unreachable = problem;
      if (problem !== undefined) this.failedAt = this.clock.now();
    }
  }

  private async discover(): Promise<string> {
    const { issuer } = this.options;
    const response = await fetch(`${issuer.replace(/\/$/, '')}/.well-known/openid-configuration`, {
      signal: AbortSignal.timeout(FETCH_TIMEOUT_MS),
      redirect: 'error',
    });
    if (!response.ok) throw new Error(`The OpenID configuration answers ${response.status}`);
    const found = (await response.json()) as { issuer?: unknown; jwks_uri?: unknown };
    if (found.issuer !== issuer || typeof found.jwks_uri !== 'string')
      throw new Error('The OpenID configuration is of another issuer');
    return found.jwks_uri;
  }
}

/** No valid answer from where the keys are; everything else that jose throws is about the token. */
function isUnreachable(error: errors.JOSEError): boolean {
  return (
    error instanceof errors.JWKSTimeout || error instanceof errors.JWKSInvalid || error.code === 'ERR_JOSE_GENERIC'
  );
}
