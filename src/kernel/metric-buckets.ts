/** Boundaries of histograms, in seconds unless said otherwise: fine around what was promised, coarse elsewhere. */

/** What a caller waits for: 0.8 s is good, 1.5 s must not be exceeded. */
export const ANSWER_BUCKETS = [0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1, 1.25, 1.5, 2, 2.5, 3, 4, 5, 10];

/** A part of that. */
export const PART_BUCKETS = [0.01, 0.025, 0.05, 0.1, 0.15, 0.2, 0.25, 0.35, 0.5, 0.6, 0.8, 1, 1.5, 2, 3, 5, 10];

/** Until an agent who was cut short is silent: 0.15 s is good, 0.5 s must not be exceeded. */
export const SILENCE_BUCKETS = [0.02, 0.04, 0.06, 0.08, 0.1, 0.15, 0.2, 0.3, 0.5, 0.7, 1, 2];

/** Requests to models, and tools. Source: the semantic conventions for generative AI, `gen_ai.client.operation.duration`. */
export const REQUEST_BUCKETS = [0.01, 0.02, 0.04, 0.08, 0.16, 0.32, 0.64, 1.28, 2.56, 5.12, 10.24, 20.48, 40.96, 81.92];

/** Requests to this server. Source: the semantic conventions for HTTP, `http.server.request.duration`. */
export const HTTP_BUCKETS = [0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10];

/** Whole calls. */
export const CALL_BUCKETS = [5, 10, 30, 60, 120, 180, 300, 450, 600, 900, 1200, 1800, 3600];

/** What is done after calls. */
export const JOB_BUCKETS = [0.01, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 300];

/** Tokens of one request. */
export const TOKEN_BUCKETS = [1, 4, 16, 64, 256, 1024, 4096, 16_384, 65_536, 262_144, 1_048_576];
