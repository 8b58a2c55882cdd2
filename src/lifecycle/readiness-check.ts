import { DiscoveryService } from '@nestjs/core';

/** One dependency in `GET /api/v1/readiness`. Write a provider with `@Readiness(...)` in the module that knows. */
export interface ReadinessCheck {
  /**
   * Resolves with details when the dependency works; throws when it does not. With `degraded` among the details it works,
   * but not as it should, for the reason that is given there.
   */
  check(signal: AbortSignal): Promise<Record<string, unknown>> | Record<string, unknown>;
}

export interface ReadinessOptions {
  readonly name: string;
  /** Down means 503 when critical, `degraded` with 200 when not. */
  readonly critical: boolean;
  readonly timeoutMs: number;
  readonly cacheMs: number;
}

export const Readiness = DiscoveryService.createDecorator<ReadinessOptions>();
