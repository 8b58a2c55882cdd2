import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { readWav } from '../../audio/wav.js';
import { Resampler } from '../../audio/resampler.js';
import { packageRoot } from '../../config/package-root.js';
import { CONFIRMATION } from '../../llm/dialogue-spec.js';
import type { AgentState, ShippedStates } from './shipped-states.js';
import { RATE } from './speakers.js';

/** One recording of the callers of the demonstration. */
export interface RecordedLine {
  readonly caller: string;
  /** What it is about, as in its file's name: `balance`, `yes`, … */
  readonly topic: string;
  /** What is said; undefined when no agent expects it. */
  readonly said: string | undefined;
  readonly state: AgentState;
  /** PCM16 at 8 kHz. */
  readonly pcm: Int16Array;
}

const FOLDER = path.join(packageRoot, 'test', 'fixtures', 'callers');

/** Where in a call a line is said, when that is not an open state of the first agent. */
const SAID_WHEN: Readonly<Record<string, readonly [agent: string, expecting: readonly string[]]>> = {
  digits: ['concierge', ['card_last4']],
  pin: ['concierge', ['pin']],
  yes: ['fraud_desk', [CONFIRMATION, 'card_last4']],
  no: ['fraud_desk', [CONFIRMATION, 'card_last4']],
  amount: ['fraud_desk', ['charge_amount']],
};

/** All lines, caller by caller; each in the state of the call in which the caller says it. */
export async function recordedLines(states: ShippedStates): Promise<RecordedLine[]> {
  const list = JSON.parse(await readFile(path.join(FOLDER, 'callers.json'), 'utf8')) as readonly {
    readonly caller: string;
    readonly file: string;
    readonly text: string;
  }[];
  return Promise.all(
    list.map(async ({ caller, file, text }) => {
      const { channels, sampleRate } = readWav(await readFile(path.join(FOLDER, file)));
      const topic = /-\d+-(\w+)\.wav$/.exec(file)?.[1] ?? '';
      const [agent, expecting] = SAID_WHEN[topic] ?? ['concierge', []];
      return {
        caller,
        topic,
        said: topic === 'weather' ? undefined : text,
        state: states.state(agent, expecting),
        pcm: sampleRate === RATE ? channels[0]! : new Resampler(sampleRate, RATE).process(channels[0]!),
      };
    }),
  );
}
