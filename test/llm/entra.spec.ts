import { afterEach, beforeEach, expect, it } from '@jest/globals';
import { ClientSecretCredential } from '@azure/identity';
import { ManualClock } from '../../src/kernel/clock.js';
import { connectAzure } from '../../src/llm/drivers/openai/connect-openai.js';
import { entraTokenProvider } from '../../src/llm/drivers/openai/entra-token.js';
import { CLIENT, FakeEntra, TENANT } from '../fakes/entra/fake-entra.js';
import { FakeOpenAi } from '../fakes/openai/fake-openai.js';
import { describeWithCertificates } from '../support/certificates.js';

describeWithCertificates('Azure OpenAI with Entra ID', () => {
  let entra: FakeEntra;
  let fake: FakeOpenAi;
  beforeEach(async () => {
    entra = await FakeEntra.start();
    fake = await FakeOpenAi.start({ tokens: ['token-1'] });
    fake.model('gpt');
  });
  afterEach(async () => {
    await entra.stop();
    await fake.stop();
  });

  const credential = (secret = CLIENT.secret): ClientSecretCredential =>
    new ClientSecretCredential(TENANT, CLIENT.id, secret, {
      authorityHost: entra.url,
      disableInstanceDiscovery: true,
      retryOptions: { maxRetries: 0 },
      tlsOptions: { ca: entra.ca },
    });

  async function answers(signedInAs: ClientSecretCredential, times = 1): Promise<void> {
    const client = connectAzure(
      { name: 'azure:gpt', model: 'gpt', maxTokens: 100, temperature: 0 },
      {
        endpoint: fake.azureEndpoint,
        apiVersion: '2024-10-21',
        credential: { token: entraTokenProvider(signedInAs) },
      },
      { connectMs: 1000, totalMs: 10_000 },
      new ManualClock(),
    );
    try {
      for (let i = 0; i < times; i++) expect(await client.warmUp(new AbortController().signal)).toBe(true);
    } finally {
      await client.close();
    }
  }

  it('signs in once and answers', async () => {
    await answers(credential(), 3);
    expect(entra.tokens).toEqual(['token-1']);
    expect(entra.scopes[0]).toContain('https://cognitiveservices.azure.com/.default');
    expect(fake.requests.map(({ headers }) => headers.authorization)).toEqual(Array(3).fill('Bearer token-1'));
    expect(fake.requests[0]!.headers['api-key']).toBeUndefined();
  });

  it('says whose fault it is when it may not', async () => {
    const failing = answers(credential('another-secret'));
    await expect(failing).rejects.toMatchObject({
      fault: 'misconfigured',
      message: 'Entra ID gives no token (AADSTS7000215)',
    });
    expect(fake.requests).toEqual([]);
  });

  it('may work later when nobody is there to ask', async () => {
    const nobody = credential();
    await entra.stop();
    await expect(answers(nobody)).rejects.toMatchObject({ fault: 'unreachable', retryable: true });
    entra = await FakeEntra.start();
  });
});
