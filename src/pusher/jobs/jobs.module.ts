import { Module } from '@nestjs/common';
import path from 'node:path';
import { ConversationsConfig } from '../../config/conversations.config.js';
import { JobsConfig } from '../../config/jobs.config.js';
import { packageRoot } from '../../config/package-root.js';
import { RedisConfig } from '../../config/redis.config.js';
import { Clock } from '../../kernel/clock.js';
import { Replica } from '../../state/replica.js';
import { StateModule } from '../../state/state.module.js';
import { JobKind } from './job-kinds.js';
import { JobQueue } from './job-queue.js';
import { JobsReadiness, JobsStep } from './jobs.step.js';

@Module({
  imports: [StateModule],
  providers: [
    {
      provide: JobQueue,
      inject: [JobsConfig, RedisConfig, ConversationsConfig, Replica, Clock],
      useFactory: async (
        config: JobsConfig,
        redis: RedisConfig,
        { dataDirectory }: ConversationsConfig,
        { id }: Replica,
        clock: Clock,
      ): Promise<JobQueue> => {
        if (redis.url) {
          const { RedisJobQueue } = await import('./redis/redis-job-queue.js');
          return new RedisJobQueue(config, redis, Object.values(JobKind), id, clock);
        }
        const { SqliteJobQueue } = await import('./sqlite/sqlite-job-queue.js');
        return new SqliteJobQueue(config, clock, path.resolve(packageRoot, dataDirectory, 'jobs.sqlite'));
      },
    },
    JobsStep,
    JobsReadiness,
  ],
  exports: [JobQueue],
})
export class JobsModule {}
