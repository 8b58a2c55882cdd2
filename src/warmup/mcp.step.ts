import { Injectable } from '@nestjs/common';
import { type LifecycleStep, Step, type StepReport } from '../lifecycle/step.js';

/** Tool servers over the Model Context Protocol; none can be configured yet, so that there is nothing to wait for. */
@Injectable()
@Step({ name: 'mcp', deferred: true, after: ['warmup'], timeoutMs: 60_000 })
export class McpStep implements LifecycleStep {
  start(): Promise<StepReport> {
    return Promise.resolve({ summary: 'no server configured', details: {} });
  }
}
