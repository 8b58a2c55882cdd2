import { z } from 'zod';
import { choiceFields } from '../../../voice/call-choice.js';
import { tenantQuery } from '../../asked-tenant.js';
import { roles } from '../../../auth/principal.js';
import { CallsController, callOrder } from '../../calls.controller.js';
import { MeController } from '../../me.controller.js';
import { OverridesController, overrideOrder } from '../../overrides.controller.js';
import { PeopleController } from '../../people.controller.js';
import { PhrasesController, phrasesOrder } from '../../phrases.controller.js';
import { TokensController, tokenOrder } from '../../tokens.controller.js';
import { describeController, json } from '../route-description.js';

export const callsRoutes = describeController(CallsController, 'Calls', {
  place: {
    summary: 'Have an agent call somebody',
    details: 'Through Azure Communication Services. It rings; the session begins when the media stream is there.',
    body: {
      schema: callOrder.extend(choiceFields),
      example: { to: '+15550123', scenario: 'banking' },
    },
    answer: json(z.object({ call_id: z.string() }), { call_id: '401f3500-3cc8' }),
    errors: {
      400: 'The body names what is not there, or calls are not configured',
      502: 'The service refuses, or cannot be reached',
    },
  },
  end: { summary: 'Hang up, for everybody in the call', errors: { 404: 'There is no such call' } },
});

export const tokensRoutes = describeController(TokensController, 'Calls', {
  create: {
    summary: 'A credential for a page: one call, within a minute',
    body: { schema: tokenOrder, example: { subject: 'visitor-7' }, optional: true },
    answer: json(z.object({ token: z.string(), expires_in_s: z.number() }), { token: 'bt_…', expires_in_s: 60 }),
  },
});

export const meRoutes = describeController(MeController, 'Calls', {
  show: {
    summary: 'Who asks, as the credential says',
    answer: json(z.object({ subject: z.string(), tenant: z.string(), role: z.enum(roles) }), {
      subject: 'acme-web',
      tenant: 'acme',
      role: 'integrator',
    }),
  },
});

const override = z.object({
  scenario: z.string().nullable(),
  agent: z.string().nullable(),
  until: z.string().nullable(),
});

export const overridesRoutes = describeController(OverridesController, 'Agents', {
  show: {
    summary: 'What calls of the tenant get that choose nothing',
    answer: json(override, { scenario: null, agent: null, until: null }),
  },
  set: {
    summary: 'Choose it, for a while',
    details: 'In effect on every replica within two seconds.',
    body: { schema: overrideOrder, example: { agent: 'fraud_desk', ttl_ms: 3_600_000 } },
    answer: json(override, { scenario: null, agent: 'fraud_desk', until: '2026-11-20T11:00:00.000Z' }),
  },
  clear: { summary: 'As configured again' },
});

const phrases = z.object({
  phrases: z.array(z.string()),
  configured: z.array(z.string()).describe('Those of the settings, which hold for all tenants'),
});

export const phrasesRoutes = describeController(PhrasesController, 'Agents', {
  show: {
    summary: 'Words and names that recognisers should expect',
    query: tenantQuery,
    answer: json(phrases, { phrases: ['Wieczorek'], configured: [] }),
  },
  set: {
    summary: 'Replace the list',
    details: 'In effect in calls on every replica within 30 s.',
    query: tenantQuery,
    body: { schema: phrasesOrder, example: { phrases: ['Wieczorek'] } },
    answer: json(phrases, { phrases: ['Wieczorek'], configured: [] }),
  },
  clear: { summary: 'Expect nothing in particular', query: tenantQuery },
});

export const peopleRoutes = describeController(PeopleController, 'Conversations', {
  list: {
    summary: 'Who is known by voice',
    details: 'Without what their voices are like.',
    query: tenantQuery,
    answer: json(
      z.object({
        people: z.array(
          z.object({
            person_id: z.string(),
            name: z.string(),
            samples: z.number(),
            model: z.string(),
            dimension: z.number(),
            created_at: z.string(),
            updated_at: z.string(),
          }),
        ),
      }),
      {
        people: [
          {
            person_id: 'p1',
            name: 'Ann',
            samples: 3,
            model: 'wespeaker',
            dimension: 256,
            created_at: '2026-11-20T10:00:00.000Z',
            updated_at: '2026-11-20T10:00:00.000Z',
          },
        ],
      },
    ),
  },
  remove: { summary: 'Forget a voice for good', query: tenantQuery, errors: { 404: 'There is no such person' } },
});
