import { Module } from '@nestjs/common';
import { AcsModule } from '../services/acs/acs.module.js';
import { StateModule } from '../state/state.module.js';
import { VoiceModule } from '../voice/voice.module.js';
import { AcsAccess } from './acs/acs-access.js';
import { AcsAdmission } from './acs/acs-admission.js';
import { AcsAnswering } from './acs/acs-answering.js';
import { AcsEventsController } from './acs/acs-events.controller.js';
import { AcsGateway } from './acs/acs.gateway.js';
import { AcsLiveCalls } from './acs/acs-live-calls.js';
import { PromisedSlots } from './promised-slots.js';
import { PublicAddress } from './public-address.js';
import { RingingCalls } from './ringing-calls.js';
import { AnnouncedCalls } from './twilio/announced-calls.js';
import { TwilioAccess } from './twilio/twilio-access.js';
import { TwilioAdmission } from './twilio/twilio-admission.js';
import { TwilioGateway } from './twilio/twilio.gateway.js';
import { TwilioStartCheck } from './twilio/twilio-start-check.js';
import { TwilioVoiceController } from './twilio/twilio-voice.controller.js';

/** Calls that come from telephone networks: other wire protocols onto the same pipeline. */
@Module({
  imports: [AcsModule, StateModule, VoiceModule],
  controllers: [TwilioVoiceController, AcsEventsController],
  providers: [
    PublicAddress,
    PromisedSlots,
    RingingCalls,
    TwilioAccess,
    AnnouncedCalls,
    TwilioStartCheck,
    TwilioAdmission,
    TwilioGateway,
    AcsAccess,
    AcsAnswering,
    AcsLiveCalls,
    AcsAdmission,
    AcsGateway,
  ],
  exports: [AcsModule, AcsAnswering, AcsLiveCalls],
})
export class TelephonyModule {}
