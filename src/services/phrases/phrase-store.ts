import { KeyValueStore } from '../../state/store/key-value-store.js';
import type { Journal } from '../journal.js';
import { type StoredPhrases, parsePhrases } from './phrase-list.js';

const KEPT_FOR_MS = 400 * 86_400_000;

/** The lists of tenants. Rejects when it cannot be reached. */
export abstract class PhraseStore {
  abstract readonly name: string;
  abstract read(tenant: string): Promise<StoredPhrases | undefined>;
  abstract write(tenant: string, phrases: StoredPhrases): Promise<void>;
}

/** For all replicas; what is not read for 400 days is gone. */
export class SharedPhraseStore extends PhraseStore {
  readonly name = 'redis';

  constructor(private readonly store: KeyValueStore) {
    super();
  }

  async read(tenant: string): Promise<StoredPhrases | undefined> {
    return parsePhrases(await this.store.get(keyOf(tenant)));
  }

  write(tenant: string, phrases: StoredPhrases): Promise<void> {
    return this.store.set(keyOf(tenant), JSON.stringify(phrases), KEPT_FOR_MS);
  }
}

/** For a server that is alone: in files, which outlive it. */
export class DiskPhraseStore extends PhraseStore {
  readonly name = 'disk';

  constructor(private readonly files: Journal) {
    super();
  }

  async read(tenant: string): Promise<StoredPhrases | undefined> {
    return parsePhrases(await this.files.read(keyOf(tenant)));
  }

  write(tenant: string, phrases: StoredPhrases): Promise<void> {
    return this.files.write(keyOf(tenant), JSON.stringify(phrases));
  }
}

function keyOf(tenant: string): string {
  return `phrases:${tenant}`;
}
