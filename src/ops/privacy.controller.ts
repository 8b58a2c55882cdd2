import { Body, Controller, HttpCode, Logger, Post, Req, UseGuards } from '@nestjs/common';
import { z } from 'zod';
import { unnamed } from './audit/audit-trail.js';
import { AccessGuard, type KnownRequest, NeedsRole } from './access.guard.js';
import { askedTenant } from './asked-tenant.js';
import { Erasure, type ErasureScope } from './erasure.js';
import { readOrder } from './read-order.js';

const MOST_IDS = 1000;
const time = z.iso.datetime({ offset: true }).transform((given) => new Date(given).toISOString());

export const erasureOrder = z
  .strictObject({
    conversation_ids: z
      .array(z.string().regex(/^[\w.:@-]{1,128}$/, 'is not the id of a conversation'))
      .min(1)
      .max(MOST_IDS)
      .optional(),
    person_id: z.string().min(1).max(128).optional(),
    before: time.optional(),
    /** `next` of the answer before. */
    cursor: time.optional(),
  })
  .transform((given, context): ErasureScope => {
    const { conversation_ids: ids, person_id: personId, before, cursor } = given;
    const scopes: (ErasureScope | undefined)[] = [
      ids && { kind: 'conversations', ids: [...new Set(ids)] },
      personId === undefined ? undefined : { kind: 'person', personId, cursor },
      before === undefined
        ? undefined
        : { kind: 'before', before, cursor: cursor !== undefined && cursor < before ? cursor : undefined },
    ];
    const [scope, ...others] = scopes.filter((one) => one !== undefined);
    if (scope && others.length === 0) return scope;
    context.addIssue('exactly one of "conversation_ids", "person_id" and "before" is needed');
    return z.NEVER;
  });

/** The right to be forgotten. Of the asker's own tenant; an admin may name another. */
@Controller('api/v1/privacy')
@UseGuards(AccessGuard)
@NeedsRole('operator')
export class PrivacyController {
  private readonly audit = new Logger('Audit');

  constructor(private readonly erasure: Erasure) {}

  /** For good, on all replicas. What was said is in no answer, nor in the log. */
  @Post('erase')
  @HttpCode(200)
  async erase(@Req() asked: KnownRequest, @Body() body: unknown) {
    const scope = readOrder(erasureOrder, body ?? {});
    asked.auditedObject = objectOf(scope);
    const tenant = askedTenant(asked);
    const { subject, role } = asked.principal;
    const who = `"${subject}" (${role}) erases data of tenant "${tenant}" by ${scope.kind}`;
    // Before anything is done: if it breaks off in the middle, it is known that some may be gone.
    this.audit.log(`${who}: begun`);
    const { conversationIds, conversations, recordings, deadLetters, voices, next } = await this.erasure.erase(
      tenant,
      scope,
    );
    this.audit.log(
      `${who}: done, ${conversations} conversations, ${recordings} files of recordings, ${deadLetters} dead letters, ${voices} voices`,
    );
    return {
      erased: { conversations, recordings, dead_letters: deadLetters, voices },
      conversation_ids: conversationIds,
      next: next ?? null,
    };
  }
}

function objectOf(scope: ErasureScope): string {
  if (scope.kind === 'conversations')
    return scope.ids.length === 1 ? scope.ids[0]! : `${scope.ids.length} conversations`;
  return scope.kind === 'person' ? unnamed(scope.personId) : `before ${scope.before}`;
}
