import { Module } from '@nestjs/common';
import { AcsConfig } from '../../config/acs.config.js';
import { ParleyError } from '../../kernel/errors.js';
import { AcsClient, connectAcs } from './acs-client.js';
import { AcsReadiness } from './acs-readiness.js';

/** Where no resource is configured, there is nobody to ask. */
class NoAcsClient extends AcsClient {
  override check = (): Promise<void> => Promise.resolve();
  override answer = refuse;
  override reject = refuse;
  override place = refuse;
  override transfer = refuse;
  override hangUp = refuse;
}

function refuse(): Promise<never> {
  return Promise.reject(new ParleyError('call_failed', 'Azure Communication Services is not configured'));
}

@Module({
  providers: [
    {
      provide: AcsClient,
      inject: [AcsConfig],
      useFactory: (config: AcsConfig): Promise<AcsClient> | AcsClient =>
        config.connectionString || config.endpoint ? connectAcs(config) : new NoAcsClient(),
    },
    AcsReadiness,
  ],
  exports: [AcsClient],
})
export class AcsModule {}
