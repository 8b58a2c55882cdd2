import { BadRequestException, Body, Controller, Delete, HttpCode, Param, Post, Req, UseGuards } from '@nestjs/common';
import { z } from 'zod';
import { AcsConfig } from '../config/acs.config.js';
import { AcsClient } from '../services/acs/acs-client.js';
import { AcsAnswering } from '../telephony/acs/acs-answering.js';
import { AcsLiveCalls } from '../telephony/acs/acs-live-calls.js';
import { CallChoices } from '../voice/call-choice.js';
import { CallQuota } from '../voice/call-quota.js';
import { TooManyRequests } from '../auth/too-many-requests.js';
import { AccessGuard, type KnownRequest, NeedsRole } from './access.guard.js';
import { expectAccess } from './asked-tenant.js';
import { readOrder } from './read-order.js';

export const callOrder = z.looseObject({
  to: z
    .string()
    .regex(
      /^(\+[1-9]\d{6,14}|8:acs:[\w-]{1,128})$/,
      'allowed is a number such as +15550123, or the id of a communication user',
    ),
});

/** Calls that agents make, through Azure Communication Services. */
@Controller('api/v1/calls')
@UseGuards(AccessGuard)
@NeedsRole('integrator')
export class CallsController {
  constructor(
    private readonly config: AcsConfig,
    private readonly answering: AcsAnswering,
    private readonly calls: AcsLiveCalls,
    private readonly client: AcsClient,
    private readonly choices: CallChoices,
    private readonly quota: CallQuota,
  ) {}

  /** Rings; the session begins when the media stream is there. */
  @Post()
  @HttpCode(202)
  async place(@Req() request: KnownRequest, @Body() body: unknown) {
    const { to, ...chosen } = readOrder(callOrder, body ?? {});
    const choice = this.choices.read(chosen);
    if (typeof choice === 'string') throw new BadRequestException(choice);
    if (!this.config.connectionString && !this.config.endpoint)
      throw new BadRequestException('Calls need ACS_CONNECTION_STRING or ACS_ENDPOINT');
    if (to.startsWith('+') && !this.config.sourceNumber)
      throw new BadRequestException('Calls to telephones need ACS_SOURCE_NUMBER');
    const refusal = await this.quota.refusalOf(request.principal);
    if (refusal) throw new TooManyRequests(refusal);
    const { scenario, agent } = choice;
    // Whom it calls is nobody's business who reads the audit log.
    const { callId } = await this.answering.place(to, { tenant: request.principal.tenant, scenario, agent }, request);
    request.auditedObject = callId;
    return { call_id: callId };
  }

  /** Hangs up, for everybody in the call. */
  @Delete(':id')
  @HttpCode(204)
  async end(@Req() request: KnownRequest, @Param('id') id: string): Promise<void> {
    expectAccess(request, await this.calls.tenantOf(id), 'There is no such call');
    await this.client.hangUp(id);
  }
}
