import type { RecogniserOptions } from './protocol.js';

/** Chosen on the tuning half of the evaluation's material, see docs/speech-evaluation.md. */
export const defaultTuning: Omit<RecogniserOptions, 'warmDecoders' | 'maxDecoders'> = {
  tuning: {
    languageWeight: 6.5,
    wordInsertionPenalty: 0.2,
    silenceProbability: 0.005,
    fillerProbability: 1e-8,
    beam: 1e-75,
    wordBeam: 1e-55,
  },
  ditherRatio: 1e-3,
  minConfidence: 0.5,
  knownEngine: '0.6.3',
};
