import { Global, Module } from '@nestjs/common';
import { DiscoveryModule } from '@nestjs/core';
import { Clock, SystemClock } from '../kernel/clock.js';
import { Drain } from './drain.js';
import { DrainState } from './drain-state.js';
import { LifecycleService } from './lifecycle.service.js';

@Global()
@Module({
  imports: [DiscoveryModule],
  providers: [DrainState, Drain, LifecycleService, { provide: Clock, useClass: SystemClock }],
  exports: [DrainState, Drain, LifecycleService, Clock],
})
export class LifecycleModule {}
