import { Module } from '@nestjs/common';
import { AgentsModule } from '../agents/agents.module.js';
import { AuthModule } from '../auth/auth.module.js';
import { ConversationModule } from '../conversation/conversation.module.js';
import { StateModule } from '../state/state.module.js';
import { AttemptLimitModule } from './attempt-limit.module.js';
import { AudioBudget } from './audio-budget.js';
import { CallChoices } from './call-choice.js';
import { CallHost } from './call-host.js';
import { CallQuota } from './call-quota.js';
import { SessionDrain } from './session-drain.js';
import { SessionResumption } from './session-resumption.js';
import { SlotAdmission } from './slot-admission.js';
import { UpgradeGuard } from './upgrade-guard.js';
import { VoiceAdmission } from './voice-admission.js';
import { VoiceGateway } from './voice.gateway.js';

@Module({
  imports: [AttemptLimitModule, AuthModule, StateModule, AgentsModule, ConversationModule],
  providers: [
    AudioBudget,
    CallQuota,
    UpgradeGuard,
    CallChoices,
    SlotAdmission,
    SessionResumption,
    CallHost,
    VoiceAdmission,
    VoiceGateway,
    SessionDrain,
  ],
  exports: [AuthModule, AttemptLimitModule, CallQuota, UpgradeGuard, CallChoices, SlotAdmission, CallHost],
})
export class VoiceModule {}
