import { type JWTPayload, type JWTVerifyGetKey, createRemoteJWKSet, customFetch, errors, jwtVerify } from 'jose';
import type { Clock } from '../kernel/clock.js';
import { ParleyError } from '../kernel/errors.js';

/** Asymmetric ones only: what anybody can read must not be what tokens are signed with. */
const ALGORITHMS = ['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512', 'ES256', 'ES384', 'ES512', 'EdDSA'];
const CLOCK_TOLERANCE_SECONDS = 30;
const FETCH_TIMEOUT_MS = 2500;

export interface JwtIssuer {
  /** Exactly as in `iss`. */
  readonly issuer: string;
  readonly audiences: readonly string[];
  /** Empty: where the issuer's OpenID configuration says. */
  readonly jwksUrl: string;
}

/** Checks tokens of one issuer against its public keys, which are fetched when needed and kept for ten minutes. */
export class JwtVerifier {
  private keys: Promise<JWTVerifyGetKey> | undefined;
  private unreachable: string | undefined;

  constructor(
    private readonly options: JwtIssuer,
    private readonly clock: Clock,
  ) {}

  /** What went wrong when the keys were last asked for; undefined when they came. */
  get problem(): string | undefined {
    return this.unreachable;
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
      this.keys = undefined;
      this.unreachable ??= 'The public keys of the issuer cannot be fetched';
      throw new ParleyError('auth_unavailable', this.unreachable, true, { cause: error });
    }
  }

  private async findKeys(): Promise<JWTVerifyGetKey> {
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
