import type { LoggerService } from '@nestjs/common';
import { messageOf } from '../kernel/errors.js';
import type { LifecycleListener, StepStatus } from './lifecycle-manager.js';

/** The same events as log lines, for when there is no terminal. */
export class StartupLog implements LifecycleListener {
  constructor(private readonly logger: LoggerService) {}

  stepStarted(status: StepStatus): void {
    this.logger.log(
      `Start-up · ${status.name} started in ${Math.round(status.durationMs)} ms${status.summary ? `: ${status.summary}` : ''}`,
    );
  }

  stepFailed(status: StepStatus, retryInMs?: number): void {
    const next = retryInMs === undefined ? '' : `; again in ${retryInMs} ms`;
    this.logger.error(`Start-up · ${status.name} failed: ${status.error ?? 'unknown'}${next}`);
  }

  criticalDone(statuses: readonly StepStatus[], queue: readonly StepStatus[], totalMs: number): void {
    const background = queue.map((status) => status.name).join(', ') || 'nothing';
    this.logger.log(
      `Start-up · ${statuses.length} critical steps done in ${Math.round(totalMs)} ms; in the background: ${background}`,
    );
  }

  deferredDone(statuses: readonly StepStatus[], totalMs: number): void {
    this.logger.log(`Start-up · ${statuses.length} deferred steps done in ${Math.round(totalMs)} ms`);
  }

  stepStopped(name: string, durationMs: number, error?: unknown): void {
    if (error)
      this.logger.error(
        `Shutdown · ${name} did not stop cleanly after ${Math.round(durationMs)} ms: ${messageOf(error)}`,
      );
    else this.logger.log(`Shutdown · ${name} stopped in ${Math.round(durationMs)} ms`);
  }
}
