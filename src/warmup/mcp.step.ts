import { Injectable } from '@nestjs/common';
import { Readiness, type ReadinessCheck } from '../lifecycle/readiness-check.js';
import { type LifecycleStep, Step, type StepReport } from '../lifecycle/step.js';
import { McpServers } from '../tools/mcp/mcp-servers.js';

/** Tool servers over the Model Context Protocol: connected, their tools registered. Fails while a required one is missing. */
@Injectable()
@Step({ name: 'mcp', deferred: true, timeoutMs: 70_000 })
export class McpStep implements LifecycleStep {
  constructor(private readonly servers: McpServers) {}

  async start(): Promise<StepReport> {
    await this.servers.start();
    const statuses = Object.entries(this.servers.status());
    if (statuses.length === 0) return { summary: 'no server configured' };
    return {
      summary: statuses.map(([name, { status, tools_count }]) => `${name} ${status}, ${tools_count} tools`).join('; '),
    };
  }

  stop(): Promise<void> {
    return this.servers.stop();
  }
}

/** Down when a server that was configured cannot be reached: calls are answered all the same, without its tools. */
@Injectable()
@Readiness({ name: 'mcp', critical: false, timeoutMs: 1000, cacheMs: 1000 })
export class McpReadiness implements ReadinessCheck {
  constructor(private readonly servers: McpServers) {}

  check(): Record<string, unknown> {
    const statuses = Object.entries(this.servers.status());
    const down = statuses.filter(([, { status }]) => status === 'unhealthy').map(([name]) => name);
    if (down.length > 0) throw new Error(`not reached: ${down.join(', ')}`);
    return { servers: statuses.length };
  }
}
