import { describe, expect, it } from '@jest/globals';
import type { LlmClient, LlmWarmUp } from '../llm/llm-client.js';
import type { SpeechService } from '../speech/speech.service.js';
import type { PhraseWarmup } from './phrase-warmup.js';
import { WarmupStep } from './warmup.step.js';

const never = new AbortController().signal;

function stepWith(models: readonly LlmWarmUp[]): WarmupStep {
  const phrases: Pick<PhraseWarmup, 'run'> = { run: () => Promise.resolve({ phrases: 4, ready: 4 }) };
  const speech: Pick<SpeechService, 'warmUpProviders' | 'pools'> = {
    warmUpProviders: () =>
      Promise.resolve([
        { kind: 'stt', provider: 'azure', ok: true, duration_ms: 1 },
        { kind: 'tts', provider: 'azure', ok: false, duration_ms: 1, error: 'no route' },
      ]),
    pools: () => [],
  };
  const llm: Pick<LlmClient, 'warmUpEach'> = { warmUpEach: () => Promise.resolve(models) };
  return new WarmupStep(phrases as PhraseWarmup, speech as SpeechService, llm as LlmClient);
}

describe('the warm-up', () => {
  it('says of each model and each speech service whether it was reached', async () => {
    const step = stepWith([
      { model: 'azure:gpt-5', ok: false },
      { model: 'embedded', ok: true },
    ]);
    expect(await step.start(never)).toMatchObject({
      summary: '4 of 4 phrases ready to play; not warm: azure:gpt-5, azure',
      details: { openai: false, 'llm_azure:gpt-5': false, llm_embedded: true, stt_azure: true, tts_azure: false },
    });
  });

  it.each<[boolean, readonly LlmWarmUp[]]>([
    [true, [{ model: 'embedded', ok: true }]],
    [true, [{ model: 'azure:gpt-5', ok: true }]],
    [
      false,
      [
        { model: 'azure:gpt-5', ok: true },
        { model: 'openai:gpt-5', ok: false },
      ],
    ],
  ])('has OpenAI warm (%s) when all of %j there are', async (warm, models) => {
    const { details } = await stepWith(models).start(never);
    expect(details).toMatchObject({ openai: warm });
  });
});
