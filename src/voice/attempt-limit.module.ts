import { Module } from '@nestjs/common';
import { AttemptLimit } from './attempt-limit.js';

/** One count for everybody who asks for credentials. */
@Module({ providers: [AttemptLimit], exports: [AttemptLimit] })
export class AttemptLimitModule {}
