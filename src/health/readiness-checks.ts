import { Injectable, type OnApplicationBootstrap, type OnModuleDestroy } from '@nestjs/common';
import { DiscoveryService } from '@nestjs/core';
import { HealthIndicatorService } from '@nestjs/terminus';
import { type ObservableResult, metrics } from '@opentelemetry/api';
import { Readiness, type ReadinessCheck, type ReadinessOptions } from '../lifecycle/readiness-check.js';

export interface Check {
  readonly component: string;
  readonly status: 'up' | 'down';
  readonly critical: boolean;
  readonly response_time_ms: number;
  readonly error?: string;
  readonly details?: Record<string, unknown>;
}

/** All dependencies of this process, each asked within its own time and not more often than it wants to be. */
@Injectable()
export class ReadinessChecks implements OnApplicationBootstrap, OnModuleDestroy {
  private readonly state = metrics.getMeter('parley.health').createObservableGauge('parley.dependency.state', {
    description: 'Whether a dependency works: 0 yes, 1 not as it should, 2 no',
  });
  private readonly observe = async (result: ObservableResult): Promise<void> => {
    for (const check of await this.all()) {
      const { component: dependency, critical, status } = check;
      result.observe(status === 'down' ? 2 : isImpaired(check) ? 1 : 0, { dependency, critical });
    }
  };

  constructor(
    private readonly indicators: HealthIndicatorService,
    private readonly discovery: DiscoveryService,
  ) {}

  /** From then on there is something to ask. */
  onApplicationBootstrap(): void {
    this.state.addCallback(this.observe);
  }

  onModuleDestroy(): void {
    this.state.removeCallback(this.observe);
  }

  /** In parallel. Never rejects. */
  all(): Promise<Check[]> {
    return Promise.all(this.findChecks().map(([options, check]) => this.run(options, check)));
  }

  private async run(options: ReadinessOptions, check: ReadinessCheck): Promise<Check> {
    const { name, critical, timeoutMs, cacheMs } = options;
    const result = await this.indicators
      .check(name)
      .attempt(async ({ signal }) => await check.check(signal))
      .withTimeout(timeoutMs)
      .cacheFor(cacheMs);
    const {
      status,
      responseTime,
      message,
      cachedResponse: _,
      ...details
    } = result[name] as {
      status: string;
      responseTime?: number;
      message?: string;
      cachedResponse?: boolean;
    };
    return {
      component: name,
      status: status === 'down' ? 'down' : 'up',
      critical,
      response_time_ms: Math.round(responseTime ?? 0),
      ...(status === 'down' ? { error: message ?? 'did not answer' } : {}),
      details,
    };
  }

  private findChecks(): [ReadinessOptions, ReadinessCheck][] {
    return this.discovery.getProviders({ metadataKey: Readiness.KEY }).flatMap((wrapper) => {
      const options = this.discovery.getMetadataByDecorator(Readiness, wrapper);
      return options && wrapper.instance
        ? [[options, wrapper.instance as ReadinessCheck] as [ReadinessOptions, ReadinessCheck]]
        : [];
    });
  }
}

/** It works, but not as it should. */
export function isImpaired({ details }: Check): boolean {
  return details?.['degraded'] !== undefined;
}
