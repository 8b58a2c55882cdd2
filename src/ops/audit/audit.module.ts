import { Module } from '@nestjs/common';
import { AuditLog } from './audit-log.js';
import { AuditTrail } from './audit-trail.js';

/** One log for everybody who guards routes. */
@Module({ providers: [AuditLog, AuditTrail], exports: [AuditTrail] })
export class AuditModule {}
