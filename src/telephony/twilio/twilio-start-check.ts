import { Injectable } from '@nestjs/common';
import { TwilioConfig } from '../../config/twilio.config.js';
import { type CallChoice, CallChoices } from '../../voice/call-choice.js';
import type { TwilioStart } from './twilio-messages.js';

/** Decides by its `start` message whether a stream may become a call, and which. */
@Injectable()
export class TwilioStartCheck {
  constructor(
    private readonly config: TwilioConfig,
    private readonly choices: CallChoices,
  ) {}

  /** The call's choice, or a sentence about what is wrong. */
  check({ accountSid, tracks, mediaFormat, customParameters = {} }: TwilioStart): CallChoice | string {
    const { accountSids } = this.config;
    if (accountSids.length > 0 && !accountSids.includes(accountSid ?? '')) return 'accountSid is not one of ours';
    if (tracks && !tracks.includes('inbound')) return 'tracks: there must be "inbound"';
    const { encoding, sampleRate, channels } = mediaFormat;
    if (encoding !== 'audio/x-mulaw' || sampleRate !== 8000 || channels !== 1)
      return 'mediaFormat: allowed is audio/x-mulaw, 8000 Hz, 1 channel';
    return this.choices.read(customParameters);
  }
}
