/** A path at which connections become WebSockets. */
export interface DescribedSocket {
  readonly group: string;
  readonly summary: string;
  readonly details: string;
  readonly security: 'credential' | 'twilio' | 'acs' | 'bearer';
}

export const describedSockets: Readonly<Record<string, DescribedSocket>> = {
  '/api/v1/voice/ws': {
    group: 'Calls',
    summary: 'Talk to an agent',
    details: 'Audio in both directions, events and typed turns.',
    security: 'credential',
  },
  '/api/v1/listen/ws': {
    group: 'Calls',
    summary: 'Have a call between others written down',
    details: 'Audio of one or two legs goes in, segments and events come out.',
    security: 'credential',
  },
  '/api/v1/twilio/media': {
    group: 'Telephony',
    summary: 'Media Streams of Twilio',
    details: 'Opened by Twilio, with what the answer to an incoming call told it.',
    security: 'twilio',
  },
  '/api/v1/acs/media': {
    group: 'Telephony',
    summary: 'Media streams of Azure Communication Services',
    details: 'Opened by the service, for a call that is expected.',
    security: 'acs',
  },
  '/api/v1/pusher/ws': {
    group: 'After calls',
    summary: 'Link of a voice process to the pusher',
    details: 'Between processes of this product only, which know PUSHER_SECRET; its frames are not for others.',
    security: 'bearer',
  },
};
