import { DiscoveryService } from '@nestjs/core';

/**
 * A part of start-up. Write a provider with this decorator and interface in any module; the manager finds it.
 *
 * Critical steps run one after the other before the server listens, and a failure ends the process. Deferred ones run
 * in the background afterwards, are tried again until they succeed, and never end it.
 */
export interface LifecycleStep {
  /** Resolves when the part works; a sentence in `summary` is shown on the dashboard. Must end soon after `signal`. */
  start(signal: AbortSignal): Promise<StepReport | void>;
  /** Called once at shutdown if `start` was called and ended, in reverse order of the starts. */
  stop?(): Promise<void>;
}

export interface StepReport {
  readonly summary?: string;
  /** JSON-able; shown in `GET /api/v1/startup`. */
  readonly details?: unknown;
}

export interface StepOptions {
  /** Unique; also names the spans `startup.<name>` and `shutdown.<name>`. */
  readonly name: string;
  /** Steps of the same kind (critical or deferred) that must have started before. */
  readonly after?: readonly string[];
  readonly deferred?: boolean;
  readonly timeoutMs: number;
}

export const Step = DiscoveryService.createDecorator<StepOptions>();
