import path from 'node:path';
import { fileURLToPath } from 'node:url';

const BENCH = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '../..');
export const ROOT = path.dirname(BENCH);

export const RATES = [8000, 16_000, 24_000] as const;
export type Rate = (typeof RATES)[number];
export const ROW_NAMES = ['parley', 'ws', 'livekit'] as const;
export type RowName = (typeof ROW_NAMES)[number];

/** A server to measure: how it is started and how it is talked to. */
export interface Row {
  readonly name: RowName;
  readonly label: string;
  /** What speech services hear and speak, Hz; the wire is 8 kHz always. Null where there are none. */
  readonly rate: Rate | null;
  readonly cwd: string;
  /** Before the probe's `--import`. */
  readonly nodeArgs: readonly string[];
  readonly main: readonly string[];
  readonly env: Record<string, string>;
  readonly readyPath: string;
  readonly mediaPath: string;
  /** Where it tells how hard-pressed it is, if it does. */
  readonly pressurePath?: string;
  /** Sends everything back and understands nothing. */
  readonly echoes: boolean;
  /** Milliseconds of audio in one whole answer. */
  readonly answerMs: number;
}

const ANSWER_MS = 8000;

/** The settings that the comparison is defined by; nothing else of Parley is changed. */
const PARLEY_ENV = {
  STT_SERVICE_MODELS: 'scripted',
  TTS_SERVICE_MODELS: 'scripted',
  LLM_MODELS: 'scripted',
  VAD: 'energy',
  VAD_START_MS: '40',
  ENDPOINT_SILENCE_MS: '40',
  BARGE_IN_MS: '40',
  MAX_CONNECTIONS: '400',
  GREETING: 'off',
  LOG_LEVEL: 'warn',
  METRICS_PORT: '0',
};

const inBench = { cwd: BENCH, nodeArgs: [], readyPath: '/', mediaPath: '/', answerMs: ANSWER_MS };

const ROWS: Record<RowName, (rate: Rate) => Row> = {
  parley: (rate) => ({
    name: 'parley',
    label: `Parley ${rate / 1000} kHz`,
    rate,
    cwd: ROOT,
    nodeArgs: ['--enable-source-maps', '--import', './dist/telemetry.js'],
    main: ['dist/main.js'],
    env: { ...PARLEY_ENV, SCRIPTED_SAMPLE_RATE: String(rate) },
    readyPath: '/api/v1/ready',
    mediaPath: '/api/v1/twilio/media',
    pressurePath: '/api/v1/overload',
    echoes: false,
    answerMs: ANSWER_MS,
  }),
  ws: () => ({
    ...inBench,
    name: 'ws',
    label: 'bare ws',
    rate: null,
    main: ['src/servers/echo.ts'],
    env: {},
    echoes: true,
  }),
  livekit: (rate) => ({
    ...inBench,
    name: 'livekit',
    label: `LiveKit ${rate / 1000} kHz`,
    rate,
    main: ['src/servers/livekit/main.ts'],
    env: { SPEECH_RATE: String(rate), ANSWER_MS: String(ANSWER_MS) },
    echoes: false,
  }),
};

export function rowOf(name: RowName, rate: Rate): Row {
  return ROWS[name](rate);
}
