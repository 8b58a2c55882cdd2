import { Module } from '@nestjs/common';
import path from 'node:path';
import { ConversationsConfig } from '../../config/conversations.config.js';
import { packageRoot } from '../../config/package-root.js';
import { RedisConfig } from '../../config/redis.config.js';
import { StateModule } from '../../state/state.module.js';
import { KeyValueStore } from '../../state/store/key-value-store.js';
import { Journal } from '../journal.js';
import { PhraseListManager } from './phrase-list-manager.js';
import { DiskPhraseStore, PhraseStore, SharedPhraseStore } from './phrase-store.js';
import { PhrasesReadiness } from './phrases-readiness.js';

@Module({
  imports: [StateModule],
  providers: [
    {
      provide: PhraseStore,
      inject: [RedisConfig, ConversationsConfig, KeyValueStore],
      useFactory: ({ url }: RedisConfig, { dataDirectory }: ConversationsConfig, store: KeyValueStore) =>
        url === ''
          ? new DiskPhraseStore(new Journal(path.resolve(packageRoot, dataDirectory, 'phrases')))
          : new SharedPhraseStore(store),
    },
    PhraseListManager,
    PhrasesReadiness,
  ],
  exports: [PhraseListManager],
})
export class PhrasesModule {}
