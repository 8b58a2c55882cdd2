import { Injectable, Logger, type OnApplicationShutdown } from '@nestjs/common';
import path from 'node:path';
import { AuditConfig } from '../../config/audit.config.js';
import { ConversationsConfig } from '../../config/conversations.config.js';
import { packageRoot } from '../../config/package-root.js';
import { Clock } from '../../kernel/clock.js';
import { messageOf } from '../../kernel/errors.js';
import type { AuditEntry } from './audit-chain.js';
import { AuditFile } from './audit-file.js';

/** Below DATA_DIR. */
export const AUDIT_FOLDER = 'audit';

/** Who has done what. An entry that cannot be written is an error in the log; what was done stays done. */
@Injectable()
export class AuditLog implements OnApplicationShutdown {
  private readonly logger = new Logger('Audit');
  private readonly file: AuditFile | undefined;
  private readonly logs: boolean;

  constructor({ to }: AuditConfig, { dataDirectory }: ConversationsConfig, clock: Clock) {
    this.logs = to.includes('log');
    const folder = path.resolve(packageRoot, dataDirectory, AUDIT_FOLDER);
    this.file = to.includes('file') ? new AuditFile(folder, clock) : undefined;
  }

  /** Resolves when it is written. Never rejects. */
  async record(entry: AuditEntry): Promise<void> {
    if (this.logs) this.logger.log(lineOf(entry));
    try {
      await this.file?.append(entry);
    } catch (error) {
      this.logger.error(`The audit file cannot be written: ${messageOf(error)}; it lacks: ${lineOf(entry)}`);
    }
  }

  async onApplicationShutdown(): Promise<void> {
    await this.file?.close();
  }
}

function lineOf({ who, role, tenant, action, object, of, result }: AuditEntry): string {
  const what = object === '' ? action : `${action} ${object}`;
  return `"${who}" (${role} of "${tenant}") ${what}${of === undefined ? '' : ` of "${of}"`}: ${result}`;
}
