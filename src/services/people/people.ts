import { Injectable, Logger } from '@nestjs/common';
import { createHash } from 'node:crypto';
import { buffer } from 'node:stream/consumers';
import { SpeakersConfig } from '../../config/speakers.config.js';
import { Clock } from '../../kernel/clock.js';
import { KeyValueStore } from '../../state/store/key-value-store.js';
import { Recordings } from '../archive/recordings.js';
import { type VoicePrint, type VoiceSample, bytesOfPrint, printOfBytes, withSample } from './voice-print.js';

/** Where voices lie among the recordings of a tenant; no conversation has such an id, and no request can name it. */
const FOLDER = 'people of this tenant';
/** So long another replica may not know of what was learned or forgotten. */
const CACHED_MS = 60_000;
/** Whoever has more people than that does not find the rest by their voices. */
const MOST_PEOPLE = 2000;
const READ_AT_ONCE = 16;
/** For so long nothing is learned of somebody from what was said before they were forgotten. */
const FORGOTTEN_FOR_MS = 30 * 86_400_000;

interface ReadPrint {
  /** Changes with each write. */
  readonly version: string;
  readonly print: VoicePrint | undefined;
}

interface Cached {
  readonly untilMs: number;
  readonly files: Promise<ReadonlyMap<string, ReadPrint>>;
}

/**
 * The people whose voices are known, tenant by tenant. They are kept beside the recordings, as files. Each of the promises
 * rejects with `store_failed` or `state_unavailable`.
 */
@Injectable()
export class People {
  private readonly logger = new Logger('People');
  private readonly cache = new Map<string, Cached>();

  constructor(
    private readonly config: SpeakersConfig,
    private readonly recordings: Recordings,
    private readonly marks: KeyValueStore,
    private readonly clock: Clock,
  ) {}

  /** Whether anybody is to be known by voice; if not, those who are known can still be listed and forgotten. */
  get enabled(): boolean {
    return this.config.driver !== 'off';
  }

  /** In any order. What others have changed may be missing for a minute. */
  async known(tenant: string): Promise<VoicePrint[]> {
    const files = await this.filesOf(tenant);
    return [...files.values()].flatMap(({ print }) => print ?? []);
  }

  /** As it is now. */
  async find(tenant: string, personId: string): Promise<VoicePrint | undefined> {
    return (await this.read(tenant, fileOf(personId))).print;
  }

  /**
   * Adds to what is known of a voice; undefined if whoever it is was forgotten since then.
   * @param saidAt of the conversation, ISO 8601
   */
  async learn(
    tenant: string,
    person: Pick<VoicePrint, 'personId' | 'name' | 'model'>,
    sample: VoiceSample,
    saidAt: string,
  ): Promise<VoicePrint | undefined> {
    const { personId } = person;
    if (await this.isForgotten(tenant, personId, saidAt)) return undefined;
    const print = withSample(await this.find(tenant, personId), person, sample);
    const files = await this.recordings.files();
    const name = fileOf(personId);
    await files.put(tenant, FOLDER, name, bytesOfPrint(print), 'application/json');
    // Once more: whoever forgets them at the same time either removes this, or is seen here.
    const isForgotten = await this.isForgotten(tenant, personId, saidAt);
    if (isForgotten) await files.remove(tenant, FOLDER, name);
    this.cache.delete(tenant);
    return isForgotten ? undefined : print;
  }

  /**
   * For good; also what would still be learned from what was said until now is not. Whether the voice was known. Can be done
   * again when it was rejected.
   */
  async remove(tenant: string, personId: string): Promise<boolean> {
    await this.marks.set(forgottenKey(tenant, personId), String(this.clock.wallTime()), FORGOTTEN_FOR_MS);
    const files = await this.recordings.files();
    const known = await this.find(tenant, personId);
    await files.remove(tenant, FOLDER, fileOf(personId));
    this.cache.delete(tenant);
    return known !== undefined;
  }

  /**
   * What was learned of voices in these conversations; of people of whom there is nothing else, all. How many people that
   * were. Can be done again when it was rejected.
   */
  async forgetConversations(tenant: string, ids: ReadonlySet<string>): Promise<number> {
    this.cache.delete(tenant);
    const files = await this.recordings.files();
    let changed = 0;
    for (const print of await this.known(tenant)) {
      const samples = print.samples.filter(({ conversationId }) => !ids.has(conversationId));
      if (samples.length === print.samples.length) continue;
      const name = fileOf(print.personId);
      if (samples.length === 0) await files.remove(tenant, FOLDER, name);
      else await files.put(tenant, FOLDER, name, bytesOfPrint({ ...print, samples }), 'application/json');
      changed++;
    }
    this.cache.delete(tenant);
    return changed;
  }

  /** Whether somebody was forgotten at this time or later. @param since ISO 8601 */
  async isForgotten(tenant: string, personId: string, since: string): Promise<boolean> {
    const forgottenAt = await this.marks.get(forgottenKey(tenant, personId));
    return forgottenAt !== undefined && Number(forgottenAt) >= Date.parse(since);
  }

  private filesOf(tenant: string): Promise<ReadonlyMap<string, ReadPrint>> {
    const now = this.clock.now();
    const before = this.cache.get(tenant);
    if (before && before.untilMs > now) return before.files;
    for (const [other, { untilMs }] of this.cache) if (untilMs <= now) this.cache.delete(other);
    const files = this.readAll(tenant, before?.files);
    this.cache.set(tenant, { untilMs: now + CACHED_MS, files });
    // Whoever asks next tries again.
    files.catch(() => this.cache.get(tenant)?.files === files && this.cache.delete(tenant));
    return files;
  }

  private async readAll(tenant: string, before: Cached['files'] | undefined): Promise<ReadonlyMap<string, ReadPrint>> {
    const known = (await before?.catch(() => undefined)) ?? new Map<string, ReadPrint>();
    const listed = await (await this.recordings.files()).list(tenant, FOLDER);
    const newest = listed.toSorted((a, b) => (a.writtenAt < b.writtenAt ? 1 : -1)).slice(0, MOST_PEOPLE);
    if (listed.length > newest.length)
      this.logger.warn(`A tenant has ${listed.length} voices; the ${MOST_PEOPLE} newest are known`);
    const files = new Map<string, ReadPrint>();
    const waiting = newest.map(({ name, bytes, writtenAt }) => ({ name, version: `${writtenAt} ${bytes}` }));
    const readSome = async (): Promise<void> => {
      for (let next = waiting.pop(); next; next = waiting.pop()) {
        const { name, version } = next;
        const same = known.get(name);
        files.set(name, same?.version === version ? same : { ...(await this.read(tenant, name)), version });
      }
    };
    await Promise.all(Array.from({ length: READ_AT_ONCE }, readSome));
    return files;
  }

  private async read(tenant: string, name: string): Promise<{ readonly print: VoicePrint | undefined }> {
    const content = await (await this.recordings.files()).get(tenant, FOLDER, name);
    if (!content) return { print: undefined };
    const print = printOfBytes(await buffer(content.stream));
    if (!print) this.logger.warn('The file of a voice cannot be read; it is as if it were not there');
    return { print };
  }
}

/** Ids may be longer than names of files, and in any script. */
function fileOf(personId: string): string {
  return `${createHash('sha256').update(personId).digest('hex').slice(0, 40)}.json`;
}

function forgottenKey(tenant: string, personId: string): string {
  return `forgotten-person:${tenant}/${fileOf(personId)}`;
}
