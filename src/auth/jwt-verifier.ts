import { type JWTPayload, createRemoteJWKSet, customFetch, errors, jwtVerify } from 'jose';
import type { Clock } from '../kernel/clock.js';
import { ParleyError } from '../kernel/errors.js';

/** Asymmetric ones only: what anybody can read must not be what tokens are signed with. */
const ALGORITHMS = ['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512', 'ES256', 'ES384', 'ES512', 'EdDSA'];
const CLOCK_TOLERANCE_SECONDS = 30;
const FETCH_TIMEOUT_MS = 2500;

type RemoteJWKSet = ReturnType<typeof createRemoteJWKSet>;

export interface JwtIssuer {
  /** Exactly as in `iss`. */
  readonly issuer: string;
  readonly audiences: readonly string[];
  /** Empty: where the issuer's OpenID configuration says. */
  readonly jwksUrl: string;
}

/** Checks tokens of one issuer against its public keys, which are fetched when needed and kept for ten minutes. */
export class JwtVerifier {
  private keys: Promise<RemoteJWKSet> | undefined;
  private unreachable: string | undefined;

  constructor(
    private readonly options: JwtIssuer,
    private readonly clock: Clock,
  ) {}

  /** Resolves when the issuer's keys are at hand, after fetching them if need be. Rejects with what is wrong. */
  async check(): Promise<void> {
    if (this.keys && this.unreachable === undefined) return;
    try {
      await (await (this.keys ??= this.findKeys())).reload();
    } catch {
      this.noKeys();
    }
    if (this.unreachable !== undefined) throw new Error(this.unreachable);
  }

  /**
   * The claims; undefined when the token is not valid here and now.
   * Rejects with `auth_unavailable` when that cannot be told, because the keys cannot be fetched.
   */
  async verify(token: string): Promise<JWTPayload | undefined> {
    try {
      const keys = await (this.keys ??= this.findKeys());
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
      throw new ParleyError('auth_unavailable', this.noKeys(), true, { cause: error });
    }
  }

  private noKeys(): string {
    this.keys = undefined;
    return (this.unreachable ??= 'The public keys of the issuer cannot be fetched');
  }

  private async findKeys(): Promise<RemoteJWKSet> {
    const url = this.options.jwksUrl || (await this.discover());
    return createRemoteJWKSet(new URL(url), {
      timeoutDuration: FETCH_TIMEOUT_MS,
      [customFetch]: async (...request: Parameters<typeof fetch>) => {
        const response = await fetch(...request);
        this.unreachable = response.ok ? undefined : `The public keys of the issuer answer ${response.status}`;
        return response;
      },
    });
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
