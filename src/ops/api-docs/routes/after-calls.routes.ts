import { z } from 'zod';
import { tenantQuery } from '../../asked-tenant.js';
import { ForwardedController } from '../../forwarded.controller.js';
import { JobsController } from '../../jobs.controller.js';
import { PrivacyController, erasureOrder } from '../../privacy.controller.js';
import { type DescriptionsOf, describeController, json } from '../route-description.js';

const count = z.number();
const noLetter = { 404: 'There is no such dead letter' };
const notOver = { 404: 'There is no such conversation', 409: 'It is still going on, or has not been processed yet' };

const jobs: DescriptionsOf<JobsController> = {
  list: {
    summary: 'Work after calls: how much waits and runs, and what was given up',
    details: 'Dead letters are those of the own tenant; an admin sees all.',
    answer: json(
      z.object({
        driver: z.string(),
        waiting: count,
        later: count,
        running: count,
        dead: count,
        oldest_ms: count.describe('Of the one that waits longest for a worker'),
        dead_letters: z.array(
          z.object({
            id: z.string(),
            kind: z.string(),
            attempts: count,
            problem: z.string(),
            died_at: z.string(),
          }),
        ),
      }),
      { driver: 'sqlite', waiting: 2, later: 0, running: 1, dead: 0, oldest_ms: 120, dead_letters: [] },
    ),
  },
  retry: { summary: 'Give a dead letter a new life', errors: noLetter },
  drop: { summary: 'Drop a dead letter for good', errors: noLetter },
  process: {
    summary: 'Read a conversation again',
    details: 'With the model that there is now; receivers of webhooks are told of what comes of it.',
    query: tenantQuery,
    answer: json(z.object({ job_id: z.string(), generation: count }), { job_id: 'process.1456e0ae.2', generation: 2 }),
    errors: notOver,
  },
  replay: {
    summary: 'Tell receivers of webhooks once more',
    query: tenantQuery,
    answer: json(z.object({ job_ids: z.array(z.string()) }), { job_ids: ['webhook.1456e0ae.1.crm'] }),
    errors: notOver,
  },
};

const privacy: DescriptionsOf<PrivacyController> = {
  erase: {
    summary: 'Erase what is kept of conversations or of a person',
    details:
      'Exactly one of conversation_ids, person_id and before. Where there is more than one request can erase, next says where to go on.',
    query: tenantQuery,
    body: { schema: erasureOrder, example: { conversation_ids: ['1456e0ae'] } },
    answer: json(
      z.object({
        erased: z.object({ conversations: count, recordings: count, dead_letters: count, voices: count }),
        conversation_ids: z.array(z.string()),
        next: z.string().nullable(),
      }),
      {
        erased: { conversations: 1, recordings: 3, dead_letters: 0, voices: 0 },
        conversation_ids: ['1456e0ae'],
        next: null,
      },
    ),
  },
};

export const jobsRoutes = describeController(JobsController, 'After calls', jobs);
export const privacyRoutes = describeController(PrivacyController, 'After calls', privacy);
/** Where a pusher is asked. */
export const forwardedRoutes = describeController(ForwardedController, 'After calls', { ...jobs, ...privacy });
