import { Controller, Get, Req } from '@nestjs/common';
import type { Request } from 'express';
import { VoiceConfig } from '../config/voice.config.js';
import { Clock } from '../kernel/clock.js';
import { DrainState } from '../lifecycle/drain-state.js';
import { SpeechService } from '../speech/speech.service.js';
import { SessionRegistry } from '../state/session-registry.js';
import { Onlookers } from './onlookers.js';

/** How calls are doing. Probes need no token. */
@Controller('api/v1')
export class VoiceHealthController {
  constructor(
    private readonly clock: Clock,
    private readonly drain: DrainState,
    private readonly sessions: SessionRegistry,
    private readonly speech: SpeechService,
    private readonly voice: VoiceConfig,
    private readonly onlookers: Onlookers,
  ) {}

  @Get('voice/health')
  voiceHealth() {
    const status: 'draining' | 'healthy' = this.drain.draining ? 'draining' : 'healthy';
    return {
      status,
      service: 'voice',
      active_connections: this.sessions.active,
      max_connections: this.voice.maxConnections,
    };
  }

  @Get('pools')
  async pools(@Req() request: Request) {
    const showsDetails = await this.onlookers.maySeeDetailsOfMany(request);
    const snapshots = this.speech.pools();
    const sum = (pick: (snapshot: (typeof snapshots)[number]) => number): number =>
      snapshots.reduce((total, snapshot) => total + pick(snapshot), 0);
    const total = sum((snapshot) => snapshot.metrics.allocations_total);
    const cold = sum((snapshot) => snapshot.metrics.allocations_cold);
    const status: 'healthy' | 'degraded' = snapshots.every((snapshot) => snapshot.ready) ? 'healthy' : 'degraded';
    const words = { status, timestamp: this.clock.wallTime() / 1000 };
    if (!showsDetails) return words;
    return {
      ...words,
      pools: Object.fromEntries(snapshots.map((snapshot) => [snapshot.name, snapshot])),
      summary: {
        total_warm: sum((snapshot) => snapshot.warm_pool_size),
        total_active_sessions: sum((snapshot) => snapshot.active_sessions),
        allocations_total: total,
        hit_rate_percent: total === 0 ? 100 : Math.round(((total - cold) / total) * 1000) / 10,
        tier_breakdown: {
          dedicated: sum((snapshot) => snapshot.metrics.allocations_dedicated),
          warm: sum((snapshot) => snapshot.metrics.allocations_warm),
          cold,
        },
      },
    };
  }
}
