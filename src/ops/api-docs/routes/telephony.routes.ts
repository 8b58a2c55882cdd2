import { z } from 'zod';
import { AcsEventsController } from '../../../telephony/acs/acs-events.controller.js';
import { TwilioVoiceController } from '../../../telephony/twilio/twilio-voice.controller.js';
import { choiceFields } from '../../../voice/call-choice.js';
import { describeController, media } from '../route-description.js';

const choice = z.object({ scenario: choiceFields.scenario, agent: choiceFields.agent });
const refused = {
  401: 'It is not signed as it should be',
  403: 'It is not allowed',
  404: 'Such calls are not configured',
  429: 'Too many attempts',
};
const uncheckable = { 503: 'Its token cannot be checked at the moment' };
const events = z.array(z.looseObject({ id: z.string() }));

export const twilioRoutes = describeController(TwilioVoiceController, 'Telephony', {
  answer: {
    summary: 'Twilio asks what to do with a call',
    security: 'twilio',
    query: choice,
    body: {
      type: 'application/x-www-form-urlencoded',
      schema: z.object({ CallSid: z.string() }).catchall(z.string()),
      example: { CallSid: 'CA0123' },
    },
    answer: media(
      'text/xml',
      z.string(),
      '<Response><Connect><Stream url="wss://voice.example.com/api/v1/twilio/media"/></Connect></Response>',
    ),
    errors: { 400: 'The address of the number names what is not there', 415: 'It is no form', ...refused },
  },
});

export const acsRoutes = describeController(AcsEventsController, 'Telephony', {
  handshake: {
    summary: 'Event Grid asks whether it may send events',
    security: 'event_grid',
    alsoAnswers: { 204: 'A browser has asked, for a page' },
    errors: refused,
  },
  events: {
    summary: 'Event Grid tells that a call rings',
    security: 'event_grid',
    query: choice,
    body: { schema: events, example: [{ id: '1', eventType: 'Microsoft.Communication.IncomingCall', data: {} }] },
    answer: media('application/json', z.looseObject({}), {}),
    errors: { 400: 'The body is no list of events', ...refused },
  },
  callbacks: {
    summary: 'Azure Communication Services tells what happens in a call',
    security: 'acs',
    body: { schema: events, example: [{ id: '1', type: 'Microsoft.Communication.CallDisconnected', data: {} }] },
    answer: media('application/json', z.looseObject({}), {}),
    errors: { 400: 'The body is no list of events', ...refused, ...uncheckable },
  },
});
