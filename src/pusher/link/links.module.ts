import { Injectable, Module, type OnApplicationShutdown } from '@nestjs/common';
import { randomInt } from 'node:crypto';
import { PusherConfig } from '../../config/pusher.config.js';
import { Chance } from '../../kernel/chance.js';
import { Clock } from '../../kernel/clock.js';
import { LinksReadiness } from './links-readiness.js';
import { PusherAddress } from './pusher-address.js';
import { PusherLinks } from './pusher-link.js';
import { PusherSecret } from './pusher-secret.js';
import { WsPusherLinks } from './ws-pusher-links.js';

@Injectable()
class LinksShutdown implements OnApplicationShutdown {
  constructor(private readonly links: WsPusherLinks) {}

  onApplicationShutdown(): Promise<void> {
    return this.links.closeAll();
  }
}

/** Links to the pusher, wherever it is. */
@Module({
  providers: [
    PusherSecret,
    PusherAddress,
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
    LinksShutdown,
    LinksReadiness,
  ],
  exports: [PusherLinks, WsPusherLinks, PusherSecret, Chance],
})
export class LinksModule {}
