import { z } from 'zod';
import type { AudioEncoding } from '../audio/codec.js';
import { type CallChoice, choiceFields } from './call-choice.js';

const sampleRates = [8000, 16_000, 24_000, 48_000] as const;
const encodings = ['pcm16', 'mulaw', 'alaw'] as const satisfies readonly AudioEncoding[];

const sampleRate = z
  .enum(sampleRates.map(String) as [string, ...string[]], { error: `allowed are ${sampleRates.join(', ')}` })
  .transform(Number);

/** The query of `WS /api/v1/voice/ws`. */
const query = z.strictObject({
  encoding: z.enum(encodings, { error: `allowed are ${encodings.join(', ')}` }).default('pcm16'),
  sample_rate: sampleRate.default(16_000),
  out_sample_rate: sampleRate.optional(),
  ...choiceFields,
  resume: z
    .string()
    .regex(/^[\w-]{16,128}$/, 'allowed is the `resume_token` of a session')
    .optional(),
  token: z.string().optional(),
});

export interface VoiceParameters extends CallChoice {
  readonly encoding: AudioEncoding;
  /** Hz, caller to server. */
  readonly sampleRate: number;
  /** Hz, server to caller. */
  readonly outSampleRate: number;
  /** Of a session that was cut off. */
  readonly resume: string | undefined;
}

/** The parameters, or a sentence that names the bad one and what is allowed. */
export function parseVoiceParameters(search: URLSearchParams): VoiceParameters | string {
  for (const key of search.keys()) {
    if (search.getAll(key).length > 1) return `Parameter "${key}" is given more than once`;
  }
  const parsed = query.safeParse(Object.fromEntries(search));
  if (!parsed.success) {
    return parsed.error.issues
      .map((issue) =>
        issue.code === 'unrecognized_keys'
          ? `Unknown parameter ${issue.keys.map((key) => `"${key}"`).join(', ')}; allowed are ${Object.keys(query.shape).join(', ')}`
          : `Parameter "${issue.path.join('.')}": ${issue.message}`,
      )
      .join('. ');
  }
  const { encoding, sample_rate, out_sample_rate, agent, scenario, language, resume } = parsed.data;
  return {
    encoding,
    sampleRate: sample_rate,
    outSampleRate: out_sample_rate ?? sample_rate,
    agent,
    scenario,
    language,
    resume,
  };
}
