import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { ArchiveConfig } from '../../src/config/archive.config.js';
import { ConversationsConfig } from '../../src/config/conversations.config.js';
import { loadConfig } from '../../src/config/load.js';
import { SpeakersConfig } from '../../src/config/speakers.config.js';
import { ManualClock } from '../../src/kernel/clock.js';
import { Recordings } from '../../src/services/archive/recordings.js';
import { People } from '../../src/services/people/people.js';
import type { VoiceSample } from '../../src/services/people/voice-print.js';
import { KeyValueStore } from '../../src/state/store/key-value-store.js';
import { MemoryKeyValueStore } from '../../src/state/store/memory-key-value-store.js';
import { BlobEmulator } from '../fakes/blob/blob-emulator.js';

const CALLED_AT = '2023-11-14T00:00:00.000Z';
const person = (personId: string) => ({ personId, name: `Name of ${personId}`, model: 'http:a' });
const sample = (id: string): VoiceSample => ({
  id,
  conversationId: 'c1',
  learnedAt: CALLED_AT,
  embedding: Float32Array.of(1, 2, 3),
});

let folder: string;
let clock: ManualClock;
let marks: KeyValueStore;
const cleanUp: (() => Promise<unknown>)[] = [];
beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'parley-people-'));
  clock = new ManualClock();
  marks = new MemoryKeyValueStore(clock);
});
afterEach(async () => {
  for (const stop of cleanUp.splice(0).toReversed()) await stop();
  await rm(folder, { recursive: true, force: true });
});

/** What one replica knows of the people. */
async function replica(env: NodeJS.ProcessEnv = {}): Promise<People> {
  const { values } = loadConfig({ DATA_DIR: folder, ...env });
  const kept = values.get(ConversationsConfig) as ConversationsConfig;
  const recordings = new Recordings(values.get(ArchiveConfig) as ArchiveConfig, kept, marks, clock);
  await recordings.start(new AbortController().signal);
  cleanUp.push(() => recordings.stop());
  return new People(values.get(SpeakersConfig) as SpeakersConfig, recordings, marks, clock);
}

const namesOf = async (people: People, tenant = 'acme'): Promise<string[]> =>
  (await people.known(tenant)).map(({ personId }) => personId).toSorted();

const places: [string, () => Promise<NodeJS.ProcessEnv>][] = [
  ['on the disk', () => Promise.resolve({})],
  [
    'in Azure Blob storage',
    async () => {
      const blobs = await BlobEmulator.start();
      cleanUp.push(() => blobs.stop());
      return { ...blobs.settings, AUDIO_ARCHIVE: 'blob', CALL_RECORDING: 'stereo' };
    },
  ],
];

describe.each(places)('people %s', (_, settings) => {
  it('are known in their own tenant, whatever they are called, until they are forgotten', async () => {
    const people = await replica(await settings());
    const long = '客'.repeat(128);
    for (const id of ['p1', '../p2', long]) await people.learn('acme', person(id), sample('one'), CALLED_AT);
    await people.learn('other', person('p1'), sample('one'), CALLED_AT);
    expect(await namesOf(people)).toEqual(['../p2', 'p1', long]);
    expect(await people.find('acme', '../p2')).toMatchObject({
      name: 'Name of ../p2',
      samples: [{ id: 'one', embedding: Float32Array.of(1, 2, 3) }],
    });
    expect([await people.remove('acme', 'p1'), await people.remove('acme', 'p1')]).toEqual([true, false]);
    expect([await namesOf(people), await namesOf(people, 'other')]).toEqual([['../p2', long], ['p1']]);
  });
});

describe('people', () => {
  it('that another replica has learned of, or forgotten, are known a minute later', async () => {
    const [one, other] = [await replica(), await replica()];
    await one.learn('acme', person('p1'), sample('one'), CALLED_AT);
    expect(await namesOf(other)).toEqual(['p1']);
    await one.learn('acme', person('p2'), sample('one'), CALLED_AT);
    await one.remove('acme', 'p1');
    expect([await namesOf(one), await namesOf(other)]).toEqual([['p2'], ['p1']]);
    await clock.advance(60_000);
    expect(await namesOf(other)).toEqual(['p2']);
  });

  it('whose file is broken are not known, and can be learned again', async () => {
    const people = await replica();
    for (const id of ['p1', 'p2']) await people.learn('acme', person(id), sample('one'), CALLED_AT);
    const file = readFilesBelow(folder).find((name) => readFileSync(name, 'utf8').includes('Name of p1'))!;
    // Neither who it is nor what they are called is in its name.
    expect(path.basename(file)).toMatch(/^[0-9a-f]{40}\.json$/);
    writeFileSync(file, '{"version":1,');
    await clock.advance(60_000);
    expect(await namesOf(people)).toEqual(['p2']);
    await people.learn('acme', person('p1'), sample('two'), CALLED_AT);
    expect(await people.find('acme', 'p1')).toMatchObject({ samples: [{ id: 'two' }] });
  });

  it('who are forgotten while their voice is being learned are forgotten', async () => {
    const people = await replica();
    await people.learn('acme', person('p1'), sample('one'), CALLED_AT);
    const setting = marks.set.bind(marks);
    let learning: Promise<unknown> | undefined;
    // Between the mark and the removal of the file.
    marks.set = async (...given) => {
      await setting(...given);
      learning = people.learn('acme', person('p1'), sample('two'), CALLED_AT);
      await learning;
    };
    await people.remove('acme', 'p1');
    expect(await learning).toBeUndefined();
    expect(await people.find('acme', 'p1')).toBeUndefined();
    expect(await people.learn('acme', person('p1'), sample('three'), CALLED_AT)).toBeUndefined();
    expect(await namesOf(people)).toEqual([]);
  });
});

function readFilesBelow(directory: string): string[] {
  return readdirSync(directory, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith('.json'))
    .map((entry) => path.join(entry.parentPath, entry.name));
}
