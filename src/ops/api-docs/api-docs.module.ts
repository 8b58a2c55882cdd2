import { Module } from '@nestjs/common';
import { DiscoveryModule } from '@nestjs/core';
import { AuthModule } from '../../auth/auth.module.js';
import { AttemptLimitModule } from '../../voice/attempt-limit.module.js';
import { AuditModule } from '../audit/audit.module.js';
import { ApiDocsController } from './api-docs.controller.js';
import { ApiDocument } from './api-document.js';
import { DescribedApi } from './described-api.js';
import { RouteReader } from './route-reader.js';

/** In processes of every role. */
@Module({
  imports: [DiscoveryModule, AuditModule, AuthModule, AttemptLimitModule],
  providers: [RouteReader, { provide: ApiDocument, useClass: DescribedApi }],
  controllers: [ApiDocsController],
})
export class ApiDocsModule {}
