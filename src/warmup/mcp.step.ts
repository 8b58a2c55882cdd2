import { Injectable } from '@nestjs/common';
import { Readiness, type ReadinessCheck } from '../lifecycle/readiness-check.js';
import { type LifecycleStep, Step, type StepReport } from '../lifecycle/step.js';

/** Tool servers over the Model Context Protocol; none can be configured yet, so that there is nothing to wait for. */
@Injectable()
@Step({ name: 'mcp', deferred: true, timeoutMs: 60_000 })
export class McpStep implements LifecycleStep {
  start(): Promise<StepReport> {
    return Promise.resolve({ summary: 'no server configured', details: {} });
  }
}

@Injectable()
@Readiness({ name: 'mcp', critical: false, timeoutMs: 1000, cacheMs: 1000 })
export class McpReadiness implements ReadinessCheck {
  check(): Record<string, unknown> {
    return { servers: 0 };
  }
}
