import type { Phone } from './flite.js';

/**
 * Where each word ends in the sound. The engine gives the times of the phones but not which word they belong to: this
 * finds the division that fits the spelling best, by dynamic programming over words and phones.
 *
 * @param words spelled in letters, in order. @returns one end for each, ms, never decreasing.
 */
export function alignWords(words: readonly string[], phones: readonly Phone[]): number[] {
  const sounds = soundsOf(phones);
  if (words.length === 0) return [];
  if (sounds.length < words.length) return spreadByLetters(words, phones);

  // best[i]: the least cost of giving the first i sounds to the words so far; from[w][i]: where word w begins then.
  let best = new Float64Array(sounds.length + 1).fill(Infinity);
  best[0] = 0;
  const from: Int32Array[] = [];
  for (const [w, word] of words.entries()) {
    const expected = expectedSounds(word);
    const next = new Float64Array(sounds.length + 1).fill(Infinity);
    const begins = new Int32Array(sounds.length + 1);
    const longest = expected * 2 + 4;
    for (let begin = w; begin < sounds.length; begin++) {
      if (best[begin] === Infinity) continue;
      let cost = best[begin]! + onsetCost(word, sounds[begin]!.name);
      for (let end = begin + 1; end <= sounds.length && end - begin <= longest; end++) {
        // Nobody pauses in the middle of a word.
        if (end - begin > 1 && sounds[end - 1]!.afterPause) cost += PAUSE_COST;
        const total = cost + Math.abs(end - begin - expected);
        if (total < next[end]!) {
          next[end] = total;
          begins[end] = begin;
        }
      }
    }
    best = next;
    from.push(begins);
  }
  if (best[sounds.length] === Infinity) return spreadByLetters(words, phones);

  const ends: number[] = [];
  for (let w = words.length - 1, end = sounds.length; w >= 0; w--) {
    ends.unshift(sounds[end - 1]!.endMs);
    end = from[w]![end]!;
  }
  return ends;
}

const PAUSE_COST = 4;
const ONSET_COST = 1.5;

interface Sound {
  readonly name: string;
  readonly endMs: number;
  readonly afterPause: boolean;
}

function soundsOf(phones: readonly Phone[]): Sound[] {
  const sounds: Sound[] = [];
  phones.forEach(({ name, endMs }, i) => {
    if (name !== 'pau') sounds.push({ name, endMs, afterPause: phones[i - 1]?.name === 'pau' });
  });
  return sounds;
}

const VOWELS = 'aa ae ah ao aw ax axr ay eh er ey ih iy ow oy uh uw';
/** What a word with this first letter may begin with. */
const onsets: Readonly<Record<string, string>> = {
  b: 'b',
  c: 'k s ch',
  d: 'd jh',
  f: 'f',
  g: 'g jh n',
  h: `hh ${VOWELS}`,
  j: 'jh y',
  k: 'k n',
  l: 'l',
  m: 'm',
  n: 'n',
  p: 'p f s n',
  q: 'k',
  r: 'r',
  s: 's sh z',
  t: 't th dh ch',
  v: 'v',
  w: 'w hh r',
  x: 'z',
  y: `y ${VOWELS}`,
  z: 'z',
  a: VOWELS,
  e: `${VOWELS} y`,
  i: VOWELS,
  o: `${VOWELS} w`,
  u: `${VOWELS} y`,
};
const allowedOnsets = new Map(Object.entries(onsets).map(([letter, names]) => [letter, new Set(names.split(' '))]));

function onsetCost(word: string, phone: string): number {
  const letter = word[0]!.toLowerCase();
  // Letters that are spelled: "F" begins with a vowel, "W" with a d.
  if (word.length === 1) return letterSounds(letter)[0] === phone ? 0 : ONSET_COST;
  return allowedOnsets.get(letter)?.has(phone) ? 0 : ONSET_COST;
}

const spelledLetters: Readonly<Record<string, string>> = {
  a: 'ey',
  f: 'eh f',
  h: 'ey ch',
  i: 'ay',
  l: 'eh l',
  m: 'eh m',
  n: 'eh n',
  o: 'ow',
  q: 'k y uw',
  r: 'aa r',
  s: 'eh s',
  u: 'y uw',
  w: 'd aa b ax l y uw',
  x: 'eh k s',
  y: 'w ay',
  e: 'iy',
  g: 'jh iy',
  c: 's iy',
  j: 'jh ey',
  k: 'k ey',
};

function letterSounds(letter: string): string[] {
  return (spelledLetters[letter] ?? `${letter} iy`).split(' ');
}

/** How many phones a spelling stands for, roughly: groups of letters that make one sound count once. */
function expectedSounds(word: string): number {
  const letters = word.toLowerCase().replace(/[^a-z]/g, '');
  if (letters.length <= 1) return letterSounds(letters).length;
  const reduced = letters
    .replace(/(?<=[a-z]{2})e(?=s?$)/, '')
    .replace(/^wh|^kn|^wr/, 'w')
    .replace(/igh|ough|augh/g, 'o')
    .replace(/th|sh|ch|ph|ck|ng|gh/g, 't')
    .replace(/x/g, 'ks')
    .replace(/tion|sion/g, 'tan')
    .replace(/[aeiouy]{2,}/g, 'a')
    .replace(/([a-z])\1/g, '$1')
    .replace(/er|or|ar|ir|ur/g, 'e');
  return Math.max(1, reduced.length);
}

/** Without usable phones: by letters over the time there is sound. */
function spreadByLetters(words: readonly string[], phones: readonly Phone[]): number[] {
  const sounds = soundsOf(phones);
  const endMs = sounds.at(-1)?.endMs ?? phones.at(-1)?.endMs ?? 0;
  const startMs = phones[0]?.name === 'pau' && sounds.length > 0 ? phones[0].endMs : 0;
  const letters = words.reduce((sum, word) => sum + word.length, 0);
  let spoken = 0;
  return words.map((word) => {
    spoken += word.length;
    return startMs + ((endMs - startMs) * spoken) / letters;
  });
}
