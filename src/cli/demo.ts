import { mkdirSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { type WavAudio, readWav, writeWav } from '../audio/wav.js';
import { packageRoot } from '../config/package-root.js';
import { ParleyError, messageOf } from '../kernel/errors.js';
import { CallClient } from './call-client.js';
import { CallLog } from './call-log.js';
import { type DemoCall, type DemoStep, demoCalls } from './demo-calls.js';
import { LocalServer } from './local-server.js';

const HELP = `Usage: npm run demo [-- options]

For each of the recorded callers, starts a server on a free port with embedded defaults, calls it, shows the conversation
with the latency of every answer, and writes each call as a stereo WAV: the caller left, the agent right.

  --caller NAME   only this caller: ${demoCalls.map((call) => call.caller).join(', ')}
  --out DIR       where the recordings go; default ./recordings
`;

const ANSWER_LIMIT_MS = 45_000;
const LINE_MARGIN_MS = 300;

/** `npm run demo`: exits 0 when every step of every call came out as expected. */
export async function main(args: string[]): Promise<number> {
  const { values } = parseArgs({
    args,
    options: {
      caller: { type: 'string' },
      out: { type: 'string', default: 'recordings' },
      help: { type: 'boolean', default: false },
    },
  });
  if (values.help) {
    process.stdout.write(HELP);
    return 0;
  }
  const calls = demoCalls.filter((call) => !values.caller || call.caller === values.caller);
  if (calls.length === 0)
    throw new ParleyError('invalid_parameter', `There is no caller "${values.caller}"\n\n${HELP}`);
  try {
    for (const call of calls) await onFreshServer((url) => place(call, url, path.resolve(packageRoot, values.out)));
    process.stdout.write(
      calls.length === 1 ? '\nThe call went as expected.\n' : `\nAll ${calls.length} calls went as expected.\n`,
    );
    return 0;
  } catch (error) {
    process.stderr.write(`\nThe demonstration failed: ${messageOf(error)}\n`);
    return 1;
  }
}

/** Each call finds the sample bank as it is shipped: a card that one call blocked is not blocked in the next. */
async function onFreshServer(work: (url: string) => Promise<void>): Promise<void> {
  const server = await LocalServer.start();
  const { healthMs, readyMs } = server.startUp;
  process.stdout.write(
    `\nServer at ${server.url}, healthy after ${Math.round(healthMs)} ms, ready after ${Math.round(readyMs)} ms\n`,
  );
  try {
    await work(server.url);
  } finally {
    await server.stop();
  }
}

async function place(demo: DemoCall, url: string, directory: string): Promise<void> {
  process.stdout.write(`\n${demo.caller}, ${demo.about}\n`);
  const fixtures = recordingsOf(demo.caller);
  const sampleRate = fixtures.values().next().value!.sampleRate;
  const call = await CallClient.connect({ url, sampleRate, encoding: sampleRate === 8000 ? 'mulaw' : 'pcm16' });
  const log = new CallLog();
  call.events.forEach((event) => log.event(event));
  call.on('event', (event) => log.event(event));
  try {
    await call.agentFinished(ANSWER_LIMIT_MS);
    for (const step of demo.steps) await take(call, step, fixtures);
  } finally {
    await call.hangUp();
    mkdirSync(directory, { recursive: true });
    const file = path.join(directory, `demo-${demo.caller}.wav`);
    const { caller, agent } = call.recording();
    writeFileSync(file, writeWav({ sampleRate, channels: [caller, agent] }));
    process.stdout.write(`        recording     ${path.relative(process.cwd(), file)}\n`);
  }
}

/** Says one recording and checks what comes of it. */
async function take(call: CallClient, step: DemoStep, fixtures: ReadonlyMap<string, WavAudio>): Promise<void> {
  const recording = fixtures.get(step.say);
  if (!recording) throw new ParleyError('not_found', `There is no recording "${step.say}"`);
  if (step.cutInAfterMs) await pause(step.cutInAfterMs);
  else await pause(LINE_MARGIN_MS);
  const since = step.cutInAfterMs ? lastIndexOf(call, 'generation_started') : call.events.length;
  await call.say(recording.channels[0]!, recording.sampleRate);
  if (step.cutInAfterMs === 0) {
    await call.waitFor('the agent to answer', (event) => event.type === 'audio_stream_start', ANSWER_LIMIT_MS, since);
    return;
  }
  if (step.ends) {
    await call.waitFor('the call to end', (event) => event.type === 'session_ended', ANSWER_LIMIT_MS, since);
  } else {
    await call.agentFinished(ANSWER_LIMIT_MS, since);
  }
  const missing = Object.entries(step.expect).filter(([, matches]) => !call.events.slice(since).some(matches));
  if (missing.length > 0)
    throw new ParleyError(
      'internal',
      `after "${step.say}", expected that ${missing.map(([what]) => what).join(' and that ')}`,
    );
}

function lastIndexOf(call: CallClient, type: string): number {
  return Math.max(
    0,
    call.events.findLastIndex((event) => event.type === type),
  );
}

/** `balance` → the recording `alan-01-balance.wav`. */
function recordingsOf(caller: string): Map<string, WavAudio> {
  const directory = path.join(packageRoot, 'test', 'fixtures', 'callers');
  const files = readdirSync(directory).filter((file) => file.startsWith(`${caller}-`) && file.endsWith('.wav'));
  if (files.length === 0) throw new ParleyError('not_found', `There are no recordings of ${caller} in ${directory}`);
  return new Map(
    files.map((file) => [file.replace(/^.+-\d\d-|\.wav$/g, ''), readWav(readFileSync(path.join(directory, file)))]),
  );
}

function pause(durationMs: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, durationMs));
}
