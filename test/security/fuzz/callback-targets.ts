import { HttpException } from '@nestjs/common';
import type { Request, Response } from 'express';
import type { IncomingMessage } from 'node:http';
import { BlockList, isIP } from 'node:net';
import type { AgentCatalog } from '../../../src/agents/agent-catalog.js';
import { networkOf } from '../../../src/auth/client-network.js';
import { TrustedProxies } from '../../../src/auth/trusted-proxies.js';
import { AgentsConfig } from '../../../src/config/agents.config.js';
import { ServerConfig } from '../../../src/config/server.config.js';
import { TwilioConfig } from '../../../src/config/twilio.config.js';
import { ManualClock } from '../../../src/kernel/clock.js';
import type { AcsClient } from '../../../src/services/acs/acs-client.js';
import type { AcsAccess } from '../../../src/telephony/acs/acs-access.js';
import type { AcsAnswering } from '../../../src/telephony/acs/acs-answering.js';
import { AcsEventsController } from '../../../src/telephony/acs/acs-events.controller.js';
import type { AcsLiveCalls } from '../../../src/telephony/acs/acs-live-calls.js';
import { PublicAddress } from '../../../src/telephony/public-address.js';
import type { RingingCalls } from '../../../src/telephony/ringing-calls.js';
import { AnnouncedCalls } from '../../../src/telephony/twilio/announced-calls.js';
import { TwilioAccess } from '../../../src/telephony/twilio/twilio-access.js';
import { signatureOf } from '../../../src/telephony/twilio/twilio-signature.js';
import { TwilioVoiceController } from '../../../src/telephony/twilio/twilio-voice.controller.js';
import { AttemptLimit } from '../../../src/voice/attempt-limit.js';
import { CallChoices } from '../../../src/voice/call-choice.js';
import { Finding, type FuzzTarget, clean, quotesNothing } from './rules.js';

const FORM = 'application/x-www-form-urlencoded';
const TWILIO_TOKEN = 'token-of-the-twilio-account';
const PUBLIC_URL = 'https://voice.example.com';
const clock = new ManualClock();
const server = Object.assign(new ServerConfig(), {
  publicUrl: PUBLIC_URL,
  trustProxy: false,
  upgradesPerMinute: 0,
  environment: 'production',
});

/** What others send of their own accord: webhooks, and what proxies say of who asks. */
export function callbackTargets(): FuzzTarget[] {
  const { controller, told } = acsEvents();
  const twilio = twilioVoice();
  const proxies = new TrustedProxies(['10.244.0.0/16', '2001:db8:1::/48']);
  return [
    {
      name: 'events of Azure Event Grid',
      share: 2,
      seeds: [
        '{"id":"e1","eventType":"Microsoft.Communication.IncomingCall","eventTime":"2026-01-01T00:00:00Z","data":{"incomingCallContext":"abc","correlationId":"c1"}}',
        '{"id":"e2","type":"Microsoft.Communication.IncomingCall","time":"2026-01-01T00:00:00Z","data":{"incomingCallContext":"abc"}}',
        '{"id":"e3","eventType":"Microsoft.EventGrid.SubscriptionValidationEvent","data":{"validationCode":"5a"}}',
      ],
      run: (input) =>
        answering(input, (body) => {
          controller.events(requestOf({ query: {} }), body, response);
          for (const { id, context, rangAt } of told.rings.splice(0))
            if (typeof id !== 'string' || typeof context !== 'string' || !Number.isFinite(rangAt))
              throw new Finding('a call that rings without id, context or time');
        }),
    },
    {
      name: 'callbacks of Azure Communication Services',
      share: 2,
      seeds: [
        callback('CallDisconnected', { resultInformation: { code: 200, subCode: 7000 } }),
        callback('CallTransferFailed', { resultInformation: { code: 500 } }),
        callback('MediaStreamingFailed', { resultInformation: null }),
        callback('constructor', {}),
      ],
      run: (input) =>
        answering(input, async (body) => {
          await controller.callbacks(requestOf({}), body, response);
          for (const { callId, type, detail } of told.events.splice(0)) {
            if (!['disconnected', 'transferred', 'transfer_failed'].includes(type))
              throw new Finding(`an event that there is not: ${type}`);
            if (!/^[\w-]{1,128}$/.test(callId)) throw new Finding('an id that is none');
            quotesNothing(detail, input);
          }
        }),
    },
    {
      name: 'forms and queries of Twilio',
      share: 2,
      // The query, and the form: as it is sent, or as nested as the server's parser of forms can make it.
      seeds: [
        'agent=concierge&scenario=banking\nCallSid=CA1&From=%2B15550123&To=%2B15550100',
        'language=en-US\nCallSid=CA1&Twice=b&Twice=a&SpeechResult=what+is+my+balance',
        '\n{"CallSid":"CA1","From":{"a":["b"]}}',
      ],
      run: (input) => twilio(input),
    },
    {
      name: 'X-Forwarded-For',
      share: 3,
      seeds: [
        '198.51.100.7, 10.244.3.9',
        '[2001:db8::1]:4711, 2001:db8:1::9',
        '::ffff:6.6.6.6, ::ffff:10.244.0.1',
        '6.6.6.6:80,unknown',
      ],
      run: (input) => {
        const said = input.toString('latin1');
        const request = {
          headers: { 'x-forwarded-for': said },
          socket: { remoteAddress: '10.244.0.1' },
        } as unknown as IncomingMessage;
        const client = proxies.clientOf(request) ?? '';
        if (client !== '10.244.0.1' && !said.includes(client)) throw new Finding('a client that nobody has named');
        return isOfNetwork(client, proxies.networkOf(request));
      },
    },
  ];
}

/** Every address has a network, and is in it, whatever its zone; what is none is itself. */
function isOfNetwork(said: string, network: string): boolean {
  const withoutZone = said.split('%')[0]!;
  const client = isIP(withoutZone) === 6 ? withoutZone : said;
  if (isIP(client) === 0) {
    if (network !== client) throw new Finding('a network of what is no address');
    return false;
  }
  const [address = '', bits] = network.split('/');
  const block = new BlockList();
  if (bits === undefined) block.addAddress(address, isIP(address) === 6 ? 'ipv6' : 'ipv4');
  else block.addSubnet(address, Number(bits), 'ipv6');
  if (!block.check(client, isIP(client) === 6 ? 'ipv6' : 'ipv4'))
    throw new Finding(`an address outside its network: ${network}`);
  if (networkOf(address) !== network) throw new Finding(`a network that is not its own: ${network}`);
  return true;
}

function acsEvents() {
  const rings: { id: unknown; context: unknown; rangAt: unknown }[] = [];
  const events: { callId: string; type: string; detail: string }[] = [];
  const controller = new AcsEventsController(
    { checkEvents: () => undefined, checkService: async () => undefined } as unknown as AcsAccess,
    { answer: async (call: (typeof rings)[number]) => void rings.push(call) } as unknown as AcsAnswering,
    {
      deliver: async (callId: string, event: { type: string; detail: string }) =>
        void events.push({ callId, type: event.type, detail: event.detail }),
    } as unknown as AcsLiveCalls,
    { hangUp: async () => undefined } as unknown as AcsClient,
    choices(),
    clock,
  );
  return { controller, told: { rings, events } };
}

function twilioVoice(): (input: Buffer) => Promise<boolean> {
  const config = Object.assign(new TwilioConfig(), { authTokens: [TWILIO_TOKEN], actionUrl: '', whenBusy: 'reject' });
  const controller = new TwilioVoiceController(
    new TwilioAccess(config, server, new AttemptLimit(server, clock), clock),
    new PublicAddress(server),
    { refusalOf: async () => undefined } as unknown as RingingCalls,
    new AnnouncedCalls(clock),
    choices(),
    config,
  );
  return async (input) => {
    const [query = '', ...rest] = input.toString('latin1').split('\n');
    const target = `/api/v1/twilio/voice?${query.replaceAll(/[^!-~]/g, encodeURIComponent)}`;
    const body = formOf(rest.join('\n'));
    if (body === undefined) return false;
    const isPlain = Object.values(body).every((value) => [value].flat().every((item) => typeof item === 'string'));
    const signed = signatureOf(TWILIO_TOKEN, `${PUBLIC_URL}${target}`, isPlain ? (body as Record<string, string>) : {});
    const request = requestOf({ body, originalUrl: target, headers: { 'x-twilio-signature': signed } });
    return await refused(input, async () => {
      const twiml = await controller.answer(request, response);
      if (!TWIML.test(twiml)) throw new Finding('TwiML that nobody has written');
    });
  };
}

/** With nothing in it but what the choice of an agent can be. */
const TWIML =
  /^<\?xml version="1.0" encoding="UTF-8"\?><Response><Connect><Stream url="wss:\/\/voice\.example\.com\/api\/v1\/twilio\/media"(\/>|>(<Parameter name="(agent|scenario|language)" value="[\w-]{1,64}"\/>)+<\/Stream>)<\/Connect><\/Response>$/;

function formOf(text: string): Record<string, unknown> | undefined {
  if (!text.startsWith('{')) {
    const fields = new URLSearchParams(text);
    const valuesOf = (name: string): string | string[] => {
      const values = fields.getAll(name);
      return values.length === 1 ? values[0]! : values;
    };
    return Object.fromEntries([...new Set(fields.keys())].map((name) => [name, valuesOf(name)]));
  }
  try {
    return JSON.parse(text) as Record<string, unknown>;
  } catch {
    return undefined;
  }
}

/** As the server's parser of bodies does, which refuses what is no JSON before anybody sees it. */
async function answering(input: Buffer, run: (body: unknown) => Promise<void> | void): Promise<boolean> {
  let body: unknown;
  try {
    body = JSON.parse(input.toString('utf8'));
  } catch {
    return false;
  }
  return await refused(input, () => run(body));
}

async function refused(input: Buffer, run: () => Promise<void> | void): Promise<boolean> {
  try {
    await run();
    clean();
    return true;
  } catch (error) {
    if (!(error instanceof HttpException) || error.getStatus() >= 500) throw error;
    quotesNothing(error.message, input);
    return false;
  }
}

function callback(name: string, data: object): string {
  return JSON.stringify({
    type: `Microsoft.Communication.${name}`,
    data: { callConnectionId: '401f-0', ...data },
  });
}

function choices(): CallChoices {
  const banking = { name: 'banking', start: 'concierge', agents: ['concierge', 'fraud_desk'] };
  const catalog = {
    scenario: (name: string) => {
      if (name !== 'banking') throw new Error('unknown');
      return banking;
    },
    scenarios: () => [banking],
    agent: (name: string) => ({ name, language: 'en-US' }),
  } as unknown as AgentCatalog;
  return new CallChoices(Object.assign(new AgentsConfig(), { scenario: 'banking' }), catalog);
}

function requestOf(fields: object): Request {
  const is = (type: string): boolean => type === FORM;
  return { headers: {}, socket: { remoteAddress: '192.0.2.7' }, is, ...fields } as unknown as Request;
}

const response = { type: () => undefined, setHeader: () => undefined, once: () => undefined } as unknown as Response;
