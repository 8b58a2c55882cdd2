import { Controller, Get, HttpStatus, Optional, Req, Res } from '@nestjs/common';
import type { Request, Response } from 'express';
import { Clock } from '../kernel/clock.js';
import { DrainState } from '../lifecycle/drain-state.js';
import { LifecycleService } from '../lifecycle/lifecycle.service.js';
import { McpServers } from '../tools/mcp/mcp-servers.js';
import { Replica } from '../state/replica.js';
import { SessionRegistry } from '../state/session-registry.js';
import { Onlookers } from './onlookers.js';
import { ReadinessChecks, isImpaired } from './readiness-checks.js';

/** Liveness, readiness and what they are made of. Probes need no token. */
@Controller('api/v1')
export class HealthController {
  constructor(
    private readonly clock: Clock,
    private readonly lifecycle: LifecycleService,
    private readonly drain: DrainState,
    private readonly sessions: SessionRegistry,
    private readonly replica: Replica,
    private readonly checks: ReadinessChecks,
    private readonly onlookers: Onlookers,
    /** Not in every role. */
    @Optional() private readonly mcp?: McpServers,
  ) {}

  /** Liveness: 200 from the end of the critical start-up steps on, also while draining. */
  @Get('health')
  health() {
    const { connected, disconnected, active } = this.sessions.counts;
    return {
      status: 'healthy',
      timestamp: this.timestamp(),
      message: 'Parley API v1 is running',
      replica: this.replica.id,
      active_sessions: active,
      session_metrics: { connected, disconnected, active },
    };
  }

  /** Whether traffic should come here: 503 until the deferred steps are done, and while draining. Why, is for operators. */
  @Get('ready')
  async ready(@Req() request: Request, @Res({ passthrough: true }) response: Response) {
    const showsDetails = await this.onlookers.maySeeDetails(request);
    const { draining } = this.drain;
    const ready = this.lifecycle.deferredReady && !draining;
    const steps = this.lifecycle.statuses.filter((step) => step.deferred);
    const detailsOf = (name: string): unknown => steps.find((step) => step.name === name)?.details ?? null;
    const isStarted = (name: string): boolean => steps.find((step) => step.name === name)?.state === 'started';
    response.status(ready ? HttpStatus.OK : HttpStatus.SERVICE_UNAVAILABLE);
    const words = {
      ready,
      timestamp: this.timestamp(),
      deferred_startup_complete: this.lifecycle.deferredReady,
      warmup_completed: isStarted('warmup'),
      mcp_ready: isStarted('mcp'),
      draining,
    };
    if (!showsDetails) return words;
    return {
      ...words,
      details: {
        warmup_results: detailsOf('warmup'),
        mcp_servers: this.mcp?.status() ?? {},
        deferred_results: Object.fromEntries(
          steps.map(({ name, state, attempts, durationMs, error }) => [
            name,
            { state, attempts, duration_ms: Math.round(durationMs), error },
          ]),
        ),
      },
    };
  }

  /**
   * Every dependency, checked in parallel. 503 when a critical one is down or the server drains, else 200. Which, and
   * why, is for operators, where credentials are asked for.
   */
  @Get('readiness')
  async readiness(@Req() request: Request, @Res({ passthrough: true }) response: Response) {
    const showsDetails = await this.onlookers.maySeeDetailsOfMany(request);
    const startedAt = this.clock.now();
    const checks = await this.checks.all();
    const down = checks.filter((check) => check.status === 'down');
    const isDegraded = down.length > 0 || checks.some(isImpaired);
    const unhealthy = this.drain.draining || down.some((check) => check.critical);
    response.status(unhealthy ? HttpStatus.SERVICE_UNAVAILABLE : HttpStatus.OK);
    const status: 'unhealthy' | 'degraded' | 'ready' = unhealthy ? 'unhealthy' : isDegraded ? 'degraded' : 'ready';
    const words = { status, timestamp: this.timestamp(), draining: this.drain.draining };
    if (!showsDetails) return words;
    return {
      ...words,
      response_time_ms: Math.round(this.clock.now() - startedAt),
      checks,
    };
  }

  private timestamp(): number {
    return this.clock.wallTime() / 1000;
  }
}
