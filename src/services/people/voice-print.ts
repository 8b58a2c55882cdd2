import { z } from 'zod';
import { middleOf } from '../../speech/speakers/cosine.js';

/** What one conversation has taught of a voice. */
export interface VoiceSample {
  /** Of the request that it was learned by: it is learned once, however often that is carried out. */
  readonly id: string;
  readonly conversationId: string;
  /** ISO 8601. */
  readonly learnedAt: string;
  readonly embedding: Float32Array;
}

/** How somebody sounds. */
export interface VoicePrint {
  readonly personId: string;
  readonly name: string;
  /** That has made all its embeddings. */
  readonly model: string;
  readonly dimension: number;
  /** One at least, the newest last. */
  readonly samples: readonly VoiceSample[];
  /** ISO 8601. */
  readonly createdAt: string;
  readonly updatedAt: string;
}

export const MOST_SAMPLES = 5;

/** In the middle of everything that was learned. */
export function voiceOf({ samples }: VoicePrint): Float32Array {
  return middleOf(samples.map(({ embedding }) => embedding));
}

/** With this sample as the newest. What another model has made, or earlier ones beyond MOST_SAMPLES, is forgotten. */
export function withSample(
  before: VoicePrint | undefined,
  person: Pick<VoicePrint, 'personId' | 'name' | 'model'>,
  sample: VoiceSample,
): VoicePrint {
  const dimension = sample.embedding.length;
  const comparable = before?.model === person.model && before.dimension === dimension;
  const others = (comparable ? before.samples : []).filter(({ id }) => id !== sample.id);
  return {
    ...person,
    dimension,
    samples: [...others, sample].slice(-MOST_SAMPLES),
    createdAt: before?.createdAt ?? sample.learnedAt,
    updatedAt: sample.learnedAt,
  };
}

const BYTES_PER_NUMBER = 4;

const embeddingText = z.base64().transform((text) => {
  const bytes = Uint8Array.from(Buffer.from(text, 'base64'));
  const view = new DataView(bytes.buffer);
  return Float32Array.from({ length: Math.floor(bytes.length / BYTES_PER_NUMBER) }, (_, i) =>
    view.getFloat32(i * BYTES_PER_NUMBER, true),
  );
});

const file = z
  .object({
    version: z.literal(1),
    person_id: z.string(),
    name: z.string(),
    model: z.string(),
    dimension: z.number(),
    samples: z
      .array(
        z.object({ id: z.string(), conversation_id: z.string(), learned_at: z.string(), embedding: embeddingText }),
      )
      .min(1),
    created_at: z.string(),
    updated_at: z.string(),
  })
  .refine(({ dimension, samples }) => samples.every(({ embedding }) => embedding.length === dimension))
  .transform((given): VoicePrint => ({
    personId: given.person_id,
    name: given.name,
    model: given.model,
    dimension: given.dimension,
    samples: given.samples.map(({ id, conversation_id, learned_at, embedding }) => ({
      id,
      conversationId: conversation_id,
      learnedAt: learned_at,
      embedding,
    })),
    createdAt: given.created_at,
    updatedAt: given.updated_at,
  }));

/** As a file: JSON, each embedding the base64 of its numbers, 32-bit floats in little-endian order. */
export function bytesOfPrint(print: VoicePrint): Buffer {
  const { personId, name, model, dimension, samples, createdAt, updatedAt } = print;
  const given: z.input<typeof file> = {
    version: 1,
    person_id: personId,
    name,
    model,
    dimension,
    samples: samples.map(({ id, conversationId, learnedAt, embedding }) => ({
      id,
      conversation_id: conversationId,
      learned_at: learnedAt,
      embedding: textOf(embedding),
    })),
    created_at: createdAt,
    updated_at: updatedAt,
  };
  return Buffer.from(JSON.stringify(given));
}

/** Undefined if it is none, or of a version that is not known here. */
export function printOfBytes(bytes: Buffer): VoicePrint | undefined {
  try {
    return file.safeParse(JSON.parse(bytes.toString('utf8'))).data;
  } catch {
    return undefined;
  }
}

function textOf(embedding: Float32Array): string {
  const bytes = Buffer.alloc(embedding.length * BYTES_PER_NUMBER);
  for (const [i, value] of embedding.entries()) bytes.writeFloatLE(value, i * BYTES_PER_NUMBER);
  return bytes.toString('base64');
}
