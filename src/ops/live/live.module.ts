import { Module } from '@nestjs/common';
import { AuthModule } from '../../auth/auth.module.js';
import { StateModule } from '../../state/state.module.js';
import { AttemptLimitModule } from '../../voice/attempt-limit.module.js';
import { AuditModule } from '../audit/audit.module.js';
import { LiveTranscripts } from './live-transcripts.js';
import { TranscriptController } from './transcript.controller.js';

@Module({
  imports: [AuditModule, AuthModule, AttemptLimitModule, StateModule],
  providers: [LiveTranscripts],
  controllers: [TranscriptController],
})
export class LiveModule {}
