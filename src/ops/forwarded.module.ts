import { Module } from '@nestjs/common';
import { AuthModule } from '../auth/auth.module.js';
import { PusherApi } from '../pusher/link/pusher-api.js';
import { AttemptLimitModule } from '../voice/attempt-limit.module.js';
import { AuditModule } from './audit/audit.module.js';
import { ForwardedController } from './forwarded.controller.js';

/** What operators see and do of what comes after calls, in a process that leaves it to a pusher. */
@Module({
  imports: [AuditModule, AuthModule, AttemptLimitModule],
  providers: [PusherApi],
  controllers: [ForwardedController],
})
export class ForwardedModule {}
