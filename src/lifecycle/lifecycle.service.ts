import { Injectable, Logger, type OnApplicationBootstrap, type OnApplicationShutdown } from '@nestjs/common';
import { DiscoveryService } from '@nestjs/core';
import { LifecycleConfig } from '../config/lifecycle.config.js';
import { LoggingConfig } from '../config/logging.config.js';
import { ServerConfig } from '../config/server.config.js';
import { Clock } from '../kernel/clock.js';
import { endTelemetry, telemetryLog } from '../telemetry/running-telemetry.js';
import { DrainState } from './drain-state.js';
import { LifecycleManager, type LifecycleListener, type StepStatus } from './lifecycle-manager.js';
import { type LifecycleState, recordLifecycle } from './lifecycle-metrics.js';
import { StartupDashboard } from './startup-dashboard.js';
import { StartupLog } from './startup-log.js';
import { orderSteps, type RegisteredStep } from './step-order.js';
import { type LifecycleStep, Step } from './step.js';

const CANCEL_DEFERRED_MS = 5000;
/** For what is known of the last calls, and of how the steps stopped; a collector that hangs does not get more. */
const TELEMETRY_LIMIT_MS = 3000;

/** Ties the manager to Nest: finds the steps, starts before the server listens, stops after its sockets are closed. */
@Injectable()
export class LifecycleService implements OnApplicationBootstrap, OnApplicationShutdown {
  private readonly logger = new Logger('Lifecycle');
  private readonly dashboard: StartupDashboard | undefined;
  private manager: LifecycleManager | undefined;
  private stopRecording: (() => void) | undefined;

  constructor(
    private readonly discovery: DiscoveryService,
    private readonly clock: Clock,
    private readonly config: LifecycleConfig,
    private readonly drain: DrainState,
    private readonly server: ServerConfig,
    logging: LoggingConfig,
  ) {
    const onTerminal = process.stderr.isTTY && logging.format !== 'json' && logging.level !== 'silent';
    if (onTerminal) this.dashboard = new StartupDashboard(process.stderr, 'Parley · real-time voice agents');
  }

  get statuses(): StepStatus[] {
    return this.manager?.statuses ?? [];
  }

  get criticalReady(): boolean {
    return this.manager?.criticalReady ?? false;
  }

  get deferredReady(): boolean {
    return this.manager?.deferredReady ?? false;
  }

  /** What is new comes here only when it is `ready`. */
  get state(): LifecycleState {
    if (this.drain.draining) return 'draining';
    return this.criticalReady && this.deferredReady ? 'ready' : 'starting';
  }

  async onApplicationBootstrap(): Promise<void> {
    this.stopRecording = recordLifecycle(this.server.role, () => this.state);
    const telemetryLogger = new Logger('Telemetry');
    telemetryLog.to((level, line) => telemetryLogger[level === 'info' ? 'log' : level](line));
    const listeners: LifecycleListener[] = [this.dashboard ?? new StartupLog(this.logger)];
    this.manager = new LifecycleManager(
      orderSteps(this.findSteps()),
      this.clock,
      {
        deferredRetryMs: this.config.deferredRetryMs,
        cancelDeferredMs: CANCEL_DEFERRED_MS,
        stopTimeoutMs: this.config.shutdownLimitMs / 2,
      },
      listeners,
    );
    await this.manager.start();
  }

  async onApplicationShutdown(): Promise<void> {
    await this.manager?.stop();
    await endTelemetry(Math.min(TELEMETRY_LIMIT_MS, this.config.shutdownLimitMs / 4));
    this.stopRecording?.();
  }

  /** Shows where the server is, once it listens. */
  announce(baseUrl: string): void {
    const links = [
      ['console', `${baseUrl}/`],
      ['voice', `${baseUrl.replace(/^http/, 'ws')}/api/v1/voice/ws`],
      ['health', `${baseUrl}/api/v1/health`],
      ['readiness', `${baseUrl}/api/v1/readiness`],
      ['pools', `${baseUrl}/api/v1/pools`],
    ] as const;
    if (this.dashboard) this.dashboard.links(links);
    else this.logger.log(`Listening on ${baseUrl}`);
  }

  private findSteps(): RegisteredStep[] {
    return this.discovery
      .getProviders({ metadataKey: Step.KEY })
      .filter((wrapper) => wrapper.instance)
      .map((wrapper) => {
        const options = this.discovery.getMetadataByDecorator(Step, wrapper);
        if (!options) throw new Error(`${String(wrapper.name)} has no options for @Step`);
        return { options, step: wrapper.instance as LifecycleStep };
      });
  }
}
