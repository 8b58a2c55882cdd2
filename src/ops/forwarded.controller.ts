import {
  Body,
  Controller,
  Delete,
  Get,
  HttpCode,
  HttpException,
  Logger,
  Param,
  Post,
  Req,
  UseGuards,
} from '@nestjs/common';
import { z } from 'zod';
import { ParleyError } from '../kernel/errors.js';
import { PusherApi, type PusherQuestion } from '../pusher/link/pusher-api.js';
import { AccessGuard, type KnownRequest, NeedsRole } from './access.guard.js';
import { askedTenant } from './asked-tenant.js';
import type { JobsController } from './jobs.controller.js';
import type { PrivacyController } from './privacy.controller.js';
import { TooManyRequests } from '../auth/too-many-requests.js';

const refusal = z.object({ error: z.object({ message: z.string(), retry_after_s: z.number().optional() }) });

type AnswerOf<C, Method extends keyof C> = C[Method] extends (...given: never[]) => infer Answer
  ? Awaited<Answer>
  : never;

/**
 * What only a pusher knows, for who asks a process that is none: the pusher is asked with their credential, and answers.
 * So operators and the console need one address, and the pusher none that is reached from outside.
 */
@Controller('api/v1')
@UseGuards(AccessGuard)
@NeedsRole('operator')
export class ForwardedController {
  private readonly logger = new Logger('Pusher');

  constructor(private readonly pusher: PusherApi) {}

  @Get('jobs')
  list(@Req() asked: KnownRequest): Promise<AnswerOf<JobsController, 'list'>> {
    return this.ask(asked, 'GET', ['jobs']);
  }

  @Post('jobs/:id/retry')
  @HttpCode(204)
  retry(@Req() asked: KnownRequest, @Param('id') id: string): Promise<void> {
    return this.ask(asked, 'POST', ['jobs', id, 'retry']);
  }

  @Delete('jobs/:id')
  @HttpCode(204)
  drop(@Req() asked: KnownRequest, @Param('id') id: string): Promise<void> {
    return this.ask(asked, 'DELETE', ['jobs', id]);
  }

  @Post('conversations/:id/process')
  @HttpCode(202)
  process(@Req() asked: KnownRequest, @Param('id') id: string): Promise<AnswerOf<JobsController, 'process'>> {
    return this.ask(asked, 'POST', ['conversations', id, 'process']);
  }

  @Post('conversations/:id/webhooks')
  @HttpCode(202)
  replay(@Req() asked: KnownRequest, @Param('id') id: string): Promise<AnswerOf<JobsController, 'replay'>> {
    return this.ask(asked, 'POST', ['conversations', id, 'webhooks']);
  }

  @Post('privacy/erase')
  @HttpCode(200)
  erase(@Req() asked: KnownRequest, @Body() body: unknown): Promise<AnswerOf<PrivacyController, 'erase'>> {
    // What it is, the pusher notes: it reads the order.
    asked.auditedObject = 'at the pusher';
    return this.ask(asked, 'POST', ['privacy', 'erase'], body ?? {});
  }

  private async ask<Answer>(
    asked: KnownRequest,
    method: PusherQuestion['method'],
    path: readonly string[],
    body?: unknown,
  ): Promise<Answer> {
    const answer = await this.pusher.ask({
      method,
      path,
      // Only an admin may name one, and has named the own one otherwise.
      query: asked.query['tenant'] === undefined ? {} : { tenant: askedTenant(asked) },
      credential: credentialOf(asked),
      body,
    });
    if (answer.status < 300) return answer.body as Answer;
    const { message, retry_after_s: retryAfterSeconds } = refusal.safeParse(answer.body).data?.error ?? {
      message: `The pusher answered ${answer.status}`,
    };
    if (answer.status === 401) {
      this.logger.error('The pusher does not know a credential that is valid here: give both the same ones');
      throw new ParleyError('auth_unavailable', 'The pusher does not know the credential');
    }
    if (answer.status === 429) throw new TooManyRequests({ code: 'rate_limited', message, retryAfterSeconds });
    if (answer.status >= 500) throw new ParleyError('state_unavailable', `The pusher answered ${answer.status}`, true);
    throw new HttpException(message, answer.status);
  }
}

/** As the guard has found it: in the header, or else in the query. */
function credentialOf({ headers, query }: KnownRequest): string | undefined {
  const inHeader = /^Bearer (.+)$/i.exec(headers.authorization ?? '')?.[1];
  return inHeader ?? (typeof query['token'] === 'string' ? query['token'] : undefined);
}
