import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { diagnose } from '../../src/cli/doctor/diagnose.js';
import { noTokenFinding } from '../../src/cli/doctor/entra.js';
import type { Finding } from '../../src/cli/doctor/finding.js';
import { SystemClock } from '../../src/kernel/clock.js';
import { faults } from './whole-deployment.js';

const LIMIT_MS = 30_000;
const NOBODY = '127.0.0.1:9';

/** As the guide to AKS has it: no key anywhere. */
const KEYLESS = {
  LLM_MODELS: 'azure:dialogue',
  AZURE_OPENAI_AUTH: 'entra',
  AZURE_OPENAI_ENDPOINT: `https://${NOBODY}`,
  STT_SERVICE_MODELS: 'azure',
  TTS_SERVICE_MODELS: 'azure',
  AZURE_SPEECH_RESOURCE_ID: '/subscriptions/ours',
  AZURE_SPEECH_ENDPOINT: `https://${NOBODY}`,
  CONVERSATION_STORE: 'cosmos',
  COSMOS_ENDPOINT: `https://${NOBODY}`,
  AUDIO_ARCHIVE: 'blob',
  AZURE_STORAGE_BLOB_ENDPOINT: `https://${NOBODY}`,
  ACS_ENDPOINT: `https://${NOBODY}`,
};

describe('the doctor, where Entra ID gives no token,', () => {
  const before = { ...process.env };
  beforeAll(() => {
    // Of all places where the library looks for an identity the one that asks nobody else.
    process.env['AZURE_TOKEN_CREDENTIALS'] = 'EnvironmentCredential';
  });
  afterAll(() => {
    process.env = before;
  });

  it(
    'looks at the identity, whatever the token is for',
    async () => {
      const areas = ['models', 'speech', 'conversations', 'recordings', 'acs'] as const;
      const found = faults(await diagnose(KEYLESS, new SystemClock(), areas));
      const services = [
        'model azure:dialogue',
        'speaking azure',
        'hearing azure',
        'conversations',
        'recordings',
        'acs',
      ];
      expect(Object.keys(found)).toEqual(services);
      for (const service of services)
        expect([service, found[service]]).toEqual([service, [expect.objectContaining(EXPECTED)]]);
    },
    LIMIT_MS,
  );

  const EXPECTED: Partial<Finding<string>> = {
    verdict: 'problem',
    says: 'Entra ID gives no token',
    settings: ['AZURE_CLIENT_ID', 'AZURE_TENANT_ID', 'AZURE_FEDERATED_TOKEN_FILE'],
    advice: expect.stringMatching(
      /`workloadIdentity\.clientId`.+`system:serviceaccount:<namespace>:<account>`/,
    ) as unknown as string,
  };

  it('says which code it gave in its place, and nothing else of what it said', () => {
    const cause = new Error('AADSTS700213: No matching federated identity record for tenant 4711');
    cause.name = 'AggregateAuthenticationError';
    const finding = noTokenFinding(new Error('The conversation store: it failed', { cause }));
    expect(JSON.stringify(finding)).toContain('AADSTS700213');
    expect(JSON.stringify(finding)).not.toContain('4711');
  });

  it.each(['HTTP 401 (PermissionDenied)', 'Azure Speech: no token, status 401', 'AuthenticationError: Invalid key'])(
    'says nothing of it where a service has looked at who we are: %s',
    (said) => {
      expect(noTokenFinding(new Error(said))).toBeUndefined();
    },
  );
});
