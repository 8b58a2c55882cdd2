import { Module } from '@nestjs/common';
import { AgentsModule } from '../agents/agents.module.js';
import { ConversationModule } from '../conversation/conversation.module.js';
import { StateModule } from '../state/state.module.js';
import { AttemptLimit } from './attempt-limit.js';
import { AuthReadiness } from './auth-readiness.js';
import { CallChoices } from './call-choice.js';
import { CallHost } from './call-host.js';
import { SessionDrain } from './session-drain.js';
import { SlotAdmission } from './slot-admission.js';
import { TokenCheck } from './token-check.js';
import { UpgradeGuard } from './upgrade-guard.js';
import { VoiceAdmission } from './voice-admission.js';
import { VoiceGateway } from './voice.gateway.js';

@Module({
  imports: [StateModule, AgentsModule, ConversationModule],
  providers: [
    TokenCheck,
    AttemptLimit,
    UpgradeGuard,
    CallChoices,
    SlotAdmission,
    CallHost,
    VoiceAdmission,
    VoiceGateway,
    SessionDrain,
    AuthReadiness,
  ],
  exports: [TokenCheck, AttemptLimit, UpgradeGuard, CallChoices, SlotAdmission, CallHost],
})
export class VoiceModule {}
