import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { parseArgs, type ParseArgsOptionsConfig } from 'node:util';
import { readWav, type WavAudio, writeWav } from '../audio/wav.js';
import { messageOf, ParleyError } from '../kernel/errors.js';
import { CallClient } from './call-client.js';
import { CallLog } from './call-log.js';
import { serverAddress } from './server-address.js';

const HELP = `Usage: npm run call -- --wav FILE [--wav FILE …] [options]

Calls a server, says the recordings one after the other, each when the agent has finished, and hangs up.

  --wav FILE       mono or stereo WAV, PCM16, mu-law or A-law; the first channel is spoken. May be given several times.
  --url URL        the server, such as localhost:8000 or wss://voice.example.com; default: PORT on this machine, or 8000
  --agent NAME     begin with this agent
  --scenario NAME  one of the server's scenarios
  --token TOKEN    credential; default: the variable PARLEY_TOKEN
  --out FILE       write the call as a stereo WAV, the caller left and the agent right
  --wait SECONDS   for the agent to finish speaking; default 30
`;

const OPTIONS = {
  wav: { type: 'string', multiple: true, default: [] },
  url: { type: 'string' },
  agent: { type: 'string' },
  scenario: { type: 'string' },
  token: { type: 'string' },
  out: { type: 'string' },
  wait: { type: 'string', default: '30' },
  help: { type: 'boolean', default: false },
} satisfies ParseArgsOptionsConfig;

/** `npm run call`: exits 0 when every recording got an answer, 2 when it was called wrongly. */
export async function main(args: string[]): Promise<number> {
  let values;
  try {
    ({ values } = parseArgs({ args, options: OPTIONS }));
  } catch (error) {
    // What follows the first sentence is advice for programs that take other arguments as well.
    process.stderr.write(`${messageOf(error).split('. ')[0]}\n\n${HELP}`);
    return 2;
  }
  if (values.help || values.wav.length === 0) {
    process.stdout.write(HELP);
    return values.help ? 0 : 2;
  }
  const recordings = values.wav.map((file) => readRecording(fromCaller(file)));
  const token = values.token ?? process.env.PARLEY_TOKEN;
  const waitMs = Number(values.wait) * 1000;
  if (!(waitMs > 0))
    throw new ParleyError('invalid_parameter', `--wait was given "${values.wait}", but allowed is a number of seconds`);
  const sampleRate = recordings[0]!.sampleRate <= 8000 ? 8000 : 16_000;
  const call = await CallClient.connect({
    url: serverAddress(values.url, process.env).origin,
    sampleRate,
    encoding: 'pcm16',
    ...(values.agent && { agent: values.agent }),
    ...(values.scenario && { scenario: values.scenario }),
    ...(token && { token }),
  });
  const log = new CallLog();
  call.events.forEach((event) => log.event(event));
  call.on('event', (event) => log.event(event));
  let failed = false;
  try {
    if (await call.greets()) await call.agentFinished(waitMs);
    for (const { channels, sampleRate: rate } of recordings) {
      const since = call.events.length;
      await call.say(channels[0]!, rate);
      await call.agentFinished(waitMs, since);
    }
  } catch (error) {
    failed = true;
    process.stderr.write(`${(error as Error).message}\n`);
  }
  await call.hangUp();
  if (values.out) {
    const { caller, agent } = call.recording();
    writeFileSync(fromCaller(values.out), writeWav({ sampleRate, channels: [caller, agent] }));
    process.stdout.write(`The call is in ${values.out}\n`);
  }
  return failed ? 1 : 0;
}

function readRecording(file: string): WavAudio {
  if (!existsSync(file)) throw new ParleyError('not_found', `There is no file ${file}`);
  return readWav(readFileSync(file));
}

/** Paths are relative to where the user stands; npm runs its scripts in the package's folder. */
function fromCaller(file: string): string {
  return path.resolve(process.env.INIT_CWD ?? process.cwd(), file);
}
