import { Injectable } from '@nestjs/common';
import { RedisConfig } from '../config/redis.config.js';
import { VoiceConfig } from '../config/voice.config.js';
import { type LifecycleStep, Step, type StepReport } from '../lifecycle/step.js';
import { Replica } from './replica.js';
import { SessionRegistry } from './session-registry.js';
import { SharedState } from './shared-state.js';

/** Longer than all attempts to reach a Redis that is not there. */
@Injectable()
@Step({ name: 'core', timeoutMs: 70_000 })
export class CoreStep implements LifecycleStep {
  constructor(
    private readonly shared: SharedState,
    private readonly replica: Replica,
    private readonly voice: VoiceConfig,
    private readonly redis: RedisConfig,
    private readonly sessions: SessionRegistry,
  ) {}

  async start(signal: AbortSignal): Promise<StepReport> {
    await this.shared.start(signal);
    const { maxSessions } = this.redis;
    const together = maxSessions > 0 ? ` (${maxSessions} with the other replicas)` : '';
    return {
      summary: `${this.shared.place}, ${this.voice.maxConnections} session slots${together}, replica ${this.replica.id}`,
      details: { replica: this.replica.id },
    };
  }

  async stop(): Promise<void> {
    await this.sessions.closeAll('shutdown');
    await this.shared.stop();
  }
}
