import { Module } from '@nestjs/common';
import { VoiceModule } from '../voice/voice.module.js';
import { PromisedSlots } from './twilio/promised-slots.js';
import { PublicAddress } from './twilio/public-address.js';
import { TwilioAccess } from './twilio/twilio-access.js';
import { TwilioAdmission } from './twilio/twilio-admission.js';
import { TwilioGateway } from './twilio/twilio.gateway.js';
import { TwilioStartCheck } from './twilio/twilio-start-check.js';
import { TwilioVoiceController } from './twilio/twilio-voice.controller.js';

/** Calls that come from telephone networks: other wire protocols onto the same pipeline. */
@Module({
  imports: [VoiceModule],
  controllers: [TwilioVoiceController],
  providers: [PublicAddress, PromisedSlots, TwilioAccess, TwilioStartCheck, TwilioAdmission, TwilioGateway],
})
export class TelephonyModule {}
