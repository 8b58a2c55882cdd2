import { Injectable } from '@nestjs/common';
import { Readiness, type ReadinessCheck } from '../../lifecycle/readiness-check.js';
import { ArchiveAudioSink } from './archive-audio-sink.js';

/** Not critical: what can be kept nowhere, links keep. */
@Injectable()
@Readiness({ name: 'listen_audio', critical: false, timeoutMs: 1000, cacheMs: 1000 })
export class AudioReadiness implements ReadinessCheck {
  constructor(private readonly sink: ArchiveAudioSink) {}

  check(): Record<string, unknown> {
    const { heldBytes, isStuck, wanted } = this.sink;
    if (isStuck) throw new Error('audio of calls that are listened to can be kept nowhere');
    return { wanted, held_bytes: heldBytes };
  }
}
