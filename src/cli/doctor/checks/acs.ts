import { AcsConfig } from '../../../config/acs.config.js';
import { ServerConfig } from '../../../config/server.config.js';
import { TwilioConfig } from '../../../config/twilio.config.js';
import { messageOf } from '../../../kernel/errors.js';
import { connectAcs } from '../../../services/acs/acs-client.js';
import type { Deployment } from '../deployment.js';
import { noTokenFinding } from '../entra.js';
import { type Check, type Finding, ok, problem, say, warning } from '../finding.js';

/** The SDK tries three times. */
const ATTEMPTS = 3;

/** Azure Communication Services is asked for a call that there is not: whether it knows us shows in its answer. */
export function acsChecks(deployment: Deployment): Check[] {
  const config = deployment.whole(AcsConfig);
  if (config.connectionString === '' && config.endpoint === '') return [];
  const settings = config.connectionString ? ['ACS_CONNECTION_STRING'] : ['ACS_ENDPOINT'];
  return [
    {
      about: 'acs',
      settings,
      limitMs: ATTEMPTS * config.requestTimeoutMs,
      prepare: () => connectAcs(config),
      examine: async () => {
        try {
          const client = await connectAcs(config);
          await client.check();
        } catch (error) {
          return [
            noTokenFinding(error) ?? problem(messageOf(error).split('\n')[0]!, settings, adviceOn(messageOf(error))),
          ];
        }
        return [ok(say`Azure Communication Services knows us`), ...wayBack(deployment, 'ACS')];
      },
    },
  ];
}

/** Twilio has nothing that could be asked; what it signs is checked by an address that must be the right one. */
export function twilioChecks(deployment: Deployment): Check[] {
  const { authTokens } = deployment.section(TwilioConfig);
  if (authTokens.length === 0) return [];
  return [
    {
      about: 'twilio',
      settings: [],
      limitMs: 1000,
      examine: () => {
        const findings = wayBack(deployment, 'Twilio');
        return findings.length > 0
          ? findings
          : [
              ok(
                say`${authTokens.length} auth token${authTokens.length > 1 ? 's' : ''}; only a call shows whether they are right`,
              ),
            ];
      },
    },
  ];
}

function wayBack(deployment: Deployment, who: string): Finding[] {
  const { publicUrl, trustProxy } = deployment.section(ServerConfig);
  if (publicUrl.startsWith('https:') || (publicUrl === '' && trustProxy)) return [];
  return [
    warning(
      say`${who} is told to come back to ${publicUrl || 'whatever address a request names, with http://'}`,
      ['PUBLIC_URL', 'TRUST_PROXY'],
      'Set PUBLIC_URL to the https:// address that is reached from outside',
    ),
  ];
}

function adviceOn(reason: string): string {
  if (/status 40[13]/.test(reason))
    return 'The key is wrong, or our identity may not: give it the role “Contributor” on the resource';
  return 'Correct the address, or let this machine reach it: name resolution, firewalls, network policies';
}
