import { readdir, readFile, stat } from 'node:fs/promises';
import path from 'node:path';
import { readWav } from '../../audio/wav.js';
import { randomSource } from './noise.js';
import { join, RATE } from './speakers.js';

/** Where Debian's `asterisk-core-sounds-en-wav` puts its recordings: one woman, 8 kHz. */
export const HUMAN_SOUNDS = '/usr/share/asterisk/sounds/en';

export interface Spoken {
  readonly text: string;
  readonly pcm: Int16Array;
}

const DIGITS = 'zero one two three four five six seven eight nine'.split(' ');
const MONTHS = 'january february march april may june july august september october november december'.split(' ');
const ORDINALS = 'first second third fourth fifth sixth seventh eighth ninth tenth eleventh twelfth'.split(' ');
const WEEKDAYS = 'sunday monday tuesday wednesday thursday friday saturday'.split(' ');
/** Prompts that happen to be, or to begin with, something that the banking grammar or an agent allows. */
const IN_GRAMMAR =
  /help|one-moment-please|goodbye|^vm-(no|yes|first|Urgent)\.wav$|silence|beep|tone|tt-monkeys\.wav|begin-glorious/;
const LONGEST_PROMPT_BYTES = 100_000;

/** The recordings of the human voice; undefined when the folder is not there. */
export async function openHumanVoice(folder: string): Promise<HumanVoice | undefined> {
  try {
    await stat(path.join(folder, 'digits', '0.wav'));
    return new HumanVoice(folder);
  } catch {
    return undefined;
  }
}

export class HumanVoice {
  constructor(private readonly folder: string) {}

  /** Random strings of four digits with gaps of 60 to 260 ms; every other zero is an "oh". */
  async digitStrings(count: number, seed: number): Promise<Spoken[]> {
    const random = randomSource(seed);
    return this.strings(count, () =>
      Array.from({ length: 4 }, () => {
        const digit = Math.floor(random() * 10);
        const word = digit === 0 && random() < 0.5 ? 'oh' : DIGITS[digit]!;
        return { word, file: `digits/${word === 'oh' ? 'oh' : digit}.wav`, gapMs: 60 + random() * 200 };
      }),
    );
  }

  /** "march fourth", "next" is not recorded; also single weekdays, today and tomorrow. */
  async dates(count: number, seed: number): Promise<Spoken[]> {
    const random = randomSource(seed);
    const pick = (size: number): number => Math.floor(random() * size);
    return this.strings(count, (index) => {
      if (index % 4 === 0) {
        const day = pick(9);
        const word = WEEKDAYS[day] ?? ['today', 'tomorrow'][day - 7]!;
        return [{ word, file: day < 7 ? `digits/day-${day}.wav` : `digits/${word}.wav`, gapMs: 0 }];
      }
      const [month, ordinal] = [pick(12), pick(12)];
      return [
        { word: MONTHS[month]!, file: `digits/mon-${month}.wav`, gapMs: 40 + random() * 80 },
        { word: ORDINALS[ordinal]!, file: `digits/h-${ordinal + 1}.wav`, gapMs: 0 },
      ];
    });
  }

  /** The announcements of a telephone exchange: a real person saying what the grammar does not allow. */
  async prompts(): Promise<Spoken[]> {
    const spoken: Spoken[] = [];
    for (const name of (await readdir(this.folder)).sort()) {
      if (!name.endsWith('.wav') || IN_GRAMMAR.test(name)) continue;
      const file = path.join(this.folder, name);
      const { size } = await stat(file);
      const pcm = size > LONGEST_PROMPT_BYTES ? undefined : ((await this.recording(name)) as Int16Array | undefined);
      // Shorter ones are single words that a grammar may well hold.
      if (pcm && pcm.length > RATE) spoken.push({ text: name.replace('.wav', ''), pcm: join([pcm], []) });
    }
    return spoken;
  }

  private async strings(
    count: number,
    compose: (index: number) => { readonly word: string; readonly file: string; readonly gapMs: number }[],
  ): Promise<Spoken[]> {
    const strings: Spoken[] = [];
    for (let index = 0; index < count; index++) {
      const parts = compose(index);
      const recordings = await Promise.all(parts.map(({ file }) => this.recording(file)));
      strings.push({
        text: parts.map(({ word }) => word).join(' '),
        pcm: join(
          recordings,
          parts.map(({ gapMs }, place) => (place < parts.length - 1 ? gapMs : 0)),
        ),
      });
    }
    return strings;
  }

  private async recording(name: string): Promise<Int16Array> {
    return readWav(await readFile(path.join(this.folder, name))).channels[0]!;
  }
}
