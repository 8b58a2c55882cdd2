import { z } from 'zod';
import { AgentsController } from '../../agents.controller.js';
import { describeController, json } from '../route-description.js';

const name = z.string();
const version = z.string().describe('A fingerprint of the files');
const agent = z
  .object({
    name,
    description: z.string(),
    language: z.string().describe('BCP 47'),
    voice: z.object({
      name,
      rate: z.number(),
      pitch: z.number(),
      providers: z.record(z.string(), z.string()).optional().describe('Voices of other synthesisers'),
      language: z.string().optional(),
    }),
    tools: z.array(name),
    on_new_input: z.enum(['interrupt', 'wait']),
    no_input: z.object({ after_ms: z.number(), reprompts: z.number(), action: z.enum(['end', 'transfer']) }),
  })
  .meta({ id: 'Agent' });

const exampleAgent: z.output<typeof agent> = {
  name: 'fraud_desk',
  description: 'Blocks stolen cards',
  language: 'en-US',
  voice: { name: 'rms', rate: 1, pitch: 1 },
  tools: ['verify_caller', 'block_card'],
  on_new_input: 'interrupt',
  no_input: { after_ms: 8000, reprompts: 2, action: 'end' },
};

export const agentsRoutes = describeController(AgentsController, 'Agents', {
  listAgents: {
    summary: 'The agents that may answer calls',
    details: 'All replicas that have read the same files have the same version.',
    answer: json(z.object({ replica: z.string(), version, agents: z.array(agent) }), {
      replica: 'voice-7f9c',
      version: '1f0c5e9a7b32',
      agents: [exampleAgent],
    }),
  },
  getAgent: {
    summary: 'One agent',
    answer: json(agent, exampleAgent),
    errors: { 404: 'There is no such agent' },
  },
  listScenarios: {
    summary: 'Which agents work together, and who hands over to whom',
    answer: json(
      z.object({
        default: name.describe('Of calls that name none'),
        scenarios: z.array(
          z.object({
            name,
            description: z.string(),
            start: name,
            agents: z.array(name),
            handoffs: z.array(
              z.object({ from: name, to: name, when: z.string(), kind: z.enum(['discrete', 'announced']) }),
            ),
          }),
        ),
      }),
      {
        default: 'banking',
        scenarios: [
          {
            name: 'banking',
            description: 'A bank',
            start: 'concierge',
            agents: ['concierge', 'fraud_desk'],
            handoffs: [{ from: 'concierge', to: 'fraud_desk', when: 'A card is lost', kind: 'discrete' }],
          },
        ],
      },
    ),
  },
  reload: {
    summary: 'Read the agents again from the files of this replica',
    details:
      'All or nothing. Calls that go on keep the agents that they began with, also for handoffs; those that begin get the new ones. Of all tenants, therefore for admins; each replica has to be asked.',
    answer: json(
      z.object({
        replica: z.string(),
        agents: z.array(name),
        scenarios: z.array(name),
        added: z.array(name),
        removed: z.array(name),
        version,
      }),
      {
        replica: 'voice-7f9c',
        agents: ['concierge', 'fraud_desk'],
        scenarios: ['banking'],
        added: ['fraud_desk'],
        removed: [],
        version: '1f0c5e9a7b32',
      },
    ),
    errors: { 422: 'A file is not valid, or there are none; the message has every fault, and nothing has changed' },
  },
});
