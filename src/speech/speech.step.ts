import { Injectable } from '@nestjs/common';
import { type LifecycleStep, Step, type StepReport } from '../lifecycle/step.js';
import { Readiness, type ReadinessCheck } from '../lifecycle/readiness-check.js';
import { SpeechService } from './speech.service.js';

@Injectable()
@Step({ name: 'speech', after: ['core'], timeoutMs: 30_000 })
export class SpeechStep implements LifecycleStep {
  constructor(private readonly speech: SpeechService) {}

  async start(signal: AbortSignal): Promise<StepReport> {
    await this.speech.start(signal);
    const { stt, tts, vad } = this.speech.drivers;
    const pools = this.speech.pools().map((pool) => `${pool.name} ${pool.warm_pool_size} warm of ${pool.max_size}`);
    return { summary: `stt ${stt}, tts ${tts}, vad ${vad}; ${pools.join(', ')}` };
  }

  stop(): Promise<void> {
    return this.speech.stop();
  }
}

/** Down when a pool could not be started, or when no recogniser or no synthesiser is left that could be asked. */
@Injectable()
@Readiness({ name: 'speech', critical: true, timeoutMs: 1000, cacheMs: 1000 })
export class SpeechReadiness implements ReadinessCheck {
  constructor(private readonly speech: SpeechService) {}

  check(): Record<string, unknown> {
    const pools = this.speech.pools();
    const broken = pools.filter((pool) => !pool.ready);
    if (broken.length > 0) throw new Error(`not ready: ${broken.map((pool) => pool.name).join(', ')}`);
    const { mute, status } = this.speech;
    if (mute.length > 0) {
      const failed = mute.flatMap((kind) =>
        status[kind].map(({ provider, last_error }) => `${kind} ${provider}: ${last_error ?? 'it fails'}`),
      );
      throw new Error(`nobody to ask: ${failed.join('; ')}`);
    }
    const replaced = (['stt', 'tts'] as const).flatMap((kind) => {
      const [first] = status[kind];
      return first && first.state !== 'closed' ? [`${kind} ${first.provider}`] : [];
    });
    return {
      ...(replaced.length > 0 && {
        degraded: `${replaced.join(', ')}: not asked; others speak and listen in its place`,
      }),
      drivers: this.speech.drivers,
      providers: status,
      warm: Object.fromEntries(pools.map((pool) => [pool.name, pool.warm_pool_size])),
    };
  }
}
