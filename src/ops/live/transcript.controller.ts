import { Controller, Get, Logger, Param, Req, Res, UseGuards } from '@nestjs/common';
import type { Response } from 'express';
import { once } from 'node:events';
import { credentialOf } from '../../auth/principal.js';
import { Aborted, isAborted } from '../../kernel/abort.js';
import { messageOf } from '../../kernel/errors.js';
import { SessionDirectory } from '../../state/session-directory.js';
import { AccessGuard, type KnownRequest, NeedsRole } from '../access.guard.js';
import { expectAccess } from '../asked-tenant.js';
import { AuditTrail, Audited } from '../audit/audit-trail.js';
import { TooManyRequests } from '../../auth/too-many-requests.js';
import { LiveTranscripts, type TranscriptNews } from './live-transcripts.js';

/** When others have stopped reading, nobody knows. */
const ASK_AGAIN_S = 5;

/** Reading along in a call that goes on. */
@Controller('api/v1/sessions/:id/transcript')
@UseGuards(AccessGuard)
@NeedsRole('operator')
export class TranscriptController {
  private readonly logger = new Logger('Transcripts');

  constructor(
    private readonly directory: SessionDirectory,
    private readonly transcripts: LiveTranscripts,
    private readonly trail: AuditTrail,
  ) {}

  /** Server-sent events: `said` with entries of the conversation, `over` when the call is, `again` to be asked for again. */
  @Get()
  @Audited()
  async follow(@Req() request: KnownRequest, @Res() response: Response, @Param('id') id: string): Promise<void> {
    const { tenant } = await this.directory.describe(id);
    expectAccess(request, tenant, 'There is no such session');
    const who = `${request.principal.tenant} ${credentialOf(request.principal)}`;
    const refusal = this.transcripts.refusalOf(who);
    if (refusal) throw new TooManyRequests({ message: refusal, retryAfterSeconds: ASK_AGAIN_S });
    const gone = new AbortController();
    response.once('close', () => gone.abort(new Aborted('hangup')));
    const news = this.transcripts.follow(id, who, gone.signal);
    // What cannot be followed at all gets an answer that says so.
    const first = await news.next();
    // Who reads along is known from the beginning on, not only once they have stopped.
    await this.trail.begun(request);
    response.set({
      'Content-Type': 'text/event-stream; charset=utf-8',
      'Cache-Control': 'no-store, no-transform',
      'X-Accel-Buffering': 'no',
    });
    try {
      if (!first.done) await send(response, first.value, gone.signal);
      for await (const item of news) await send(response, item, gone.signal);
      response.end();
    } catch (error) {
      if (!isAborted(error)) this.logger.warn(`A call cannot be followed any more: ${messageOf(error)}`);
      response.destroy();
    }
  }
}

/** Waits for those who read slowly. */
async function send(response: Response, { type, ...content }: TranscriptNews, signal: AbortSignal): Promise<void> {
  const text = type === 'quiet' ? ': quiet\n\n' : `event: ${type}\ndata: ${JSON.stringify(content)}\n\n`;
  if (!response.write(text)) await once(response, 'drain', { signal });
}
