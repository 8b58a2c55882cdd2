import { describe, expect, it } from '@jest/globals';
import { ManualClock } from '../../../kernel/clock.js';
import { entraTokens } from './azure-token-source.js';
import { AzureTokens } from './azure-tokens.js';

const signal = new AbortController().signal;

describe('tokens for Azure Speech', () => {
  it('of Entra ID are bound to the resource, and valid as long as they say', async () => {
    const asked: unknown[] = [];
    const credential = {
      getToken: (scopes: unknown) => {
        asked.push(scopes);
        return Promise.resolve({ token: 'jwt', expiresOnTimestamp: 3_600_000 });
      },
    };
    expect(await entraTokens(credential, '/resource', () => 600_000)(signal)).toEqual({
      value: 'aad#/resource#jwt',
      validMs: 3_000_000,
    });
    expect(asked).toEqual(['https://cognitiveservices.azure.com/.default']);
  });

  it('of Entra ID that cannot be had are an error without details', async () => {
    const credential = { getToken: () => Promise.reject(new Error('client secret hush-hush is wrong')) };
    await expect(entraTokens(credential, '/resource', () => 0)(signal)).rejects.toMatchObject({
      code: 'unauthorized',
      message: 'Azure Speech: Entra ID gave no token',
    });
  });

  it('are fetched once for all who ask, and renewed until it works', async () => {
    const clock = new ManualClock();
    const incidents: string[] = [];
    let fetched = 0;
    let broken = false;
    const tokens = new AzureTokens(
      () => {
        fetched++;
        return broken ? Promise.reject(new Error('down')) : Promise.resolve({ value: `t${fetched}`, validMs: 540_000 });
      },
      clock,
      (message) => incidents.push(message),
    );
    const heard: string[] = [];
    tokens.onRefresh((token) => heard.push(token));
    expect(await Promise.all([tokens.get(), tokens.get()])).toEqual(['t1', 't1']);
    broken = true;
    await clock.advance(420_000);
    await clock.advance(15_000);
    expect([fetched, incidents.length]).toEqual([3, 2]);
    expect(await tokens.get()).toBe('t1');
    broken = false;
    await clock.advance(15_000);
    expect(heard).toEqual(['t1', 't4']);
    tokens.close();
    expect(clock.pending).toBe(0);
  });
});
