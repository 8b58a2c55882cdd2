import { Injectable } from '@nestjs/common';
import { z } from 'zod';
import { TwilioConfig } from '../../config/twilio.config.js';
import { type CallChoice, CallChoices } from '../../voice/call-choice.js';
import { choiceFields } from '../../voice/voice-parameters.js';
import type { TwilioStart } from './twilio-messages.js';

const choice = z.object(choiceFields);

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
    return this.choiceOf(customParameters);
  }

  private choiceOf(parameters: Readonly<Record<string, unknown>>): CallChoice | string {
    // A `<Parameter>` that a template left empty chooses nothing; what is not ours is somebody else's.
    const given = Object.fromEntries(Object.entries(parameters).filter(([, value]) => value !== ''));
    const parsed = choice.safeParse(given);
    if (!parsed.success)
      return parsed.error.issues.map((issue) => `Parameter "${issue.path.join('.')}": ${issue.message}`).join('. ');
    const { agent, scenario, language } = parsed.data;
    const wanted = { agent, scenario, language };
    return this.choices.problemWith(wanted) ?? wanted;
  }
}
