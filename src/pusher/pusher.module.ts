import { randomInt } from 'node:crypto';
import { Module } from '@nestjs/common';
import { PusherConfig } from '../config/pusher.config.js';
import { Chance } from '../kernel/chance.js';
import { Clock } from '../kernel/clock.js';
import { AttemptLimit } from '../voice/attempt-limit.js';
import { PusherAddress } from './link/pusher-address.js';
import { PusherLinks } from './link/pusher-link.js';
import { PusherSecret } from './link/pusher-secret.js';
import { WsPusherLinks } from './link/ws-pusher-links.js';
import { AudioSink, NoAudioSink } from './server/audio-sink.js';
import { ProcessResults } from './server/process-results.js';
import { PusherAdmission } from './server/pusher-admission.js';
import { PusherDrain } from './server/pusher-drain.js';
import { PusherSessions } from './server/pusher-sessions.js';
import { PusherGateway } from './server/pusher.gateway.js';
import { NoTranscriptSink, TranscriptSink } from './server/transcript-sink.js';

/** The pusher, and the links to it. */
@Module({
  providers: [
    PusherSecret,
    PusherAddress,
    AttemptLimit,
    { provide: Chance, useFactory: () => new Chance(randomInt(2 ** 32)) },
    {
      provide: WsPusherLinks,
      inject: [PusherConfig, Clock, Chance, PusherSecret, PusherAddress],
      useFactory: (config: PusherConfig, clock: Clock, chance: Chance, secret: PusherSecret, address: PusherAddress) =>
        new WsPusherLinks({
          config,
          clock,
          chance,
          secret: secret.value,
          urlFor: (options) => address.urlFor(options),
        }),
    },
    { provide: PusherLinks, useExisting: WsPusherLinks },
    ProcessResults,
    { provide: AudioSink, useClass: NoAudioSink },
    { provide: TranscriptSink, useClass: NoTranscriptSink },
    PusherSessions,
    PusherAdmission,
    PusherGateway,
    PusherDrain,
  ],
  exports: [PusherLinks, WsPusherLinks, ProcessResults],
})
export class PusherModule {}
