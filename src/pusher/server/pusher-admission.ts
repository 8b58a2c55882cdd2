import { createHash, timingSafeEqual } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { Injectable } from '@nestjs/common';
import { z } from 'zod';
import { AttemptLimit } from '../../voice/attempt-limit.js';
import { type Admission, type Refusal, type Ticket, UpgradePolicy } from '../../voice/upgrade-policy.js';
import { sessionId, tenantId } from '../link/frame-payloads.js';
import { PusherSecret } from '../link/pusher-secret.js';
import type { UploadOptions } from './audio-sink.js';

export interface PusherTicket extends Ticket {
  readonly parameters: UploadOptions;
}

const parameters = z
  .object({
    session: sessionId,
    tenant: tenantId,
    sample_rate: z.coerce.number().int().min(8000).max(48_000),
    channels: z.enum(['1', '2']),
  })
  .transform((given): UploadOptions => ({
    sessionId: given.session,
    tenant: given.tenant,
    sampleRate: given.sample_rate,
    channels: given.channels === '1' ? 1 : 2,
  }));

/** Admission to `WS /api/v1/pusher/ws`: for processes that know the secret, in every environment; never for a page. */
@Injectable()
export class PusherAdmission extends UpgradePolicy<PusherTicket> {
  private readonly expected: Buffer;

  constructor(
    secret: PusherSecret,
    private readonly attempts: AttemptLimit,
  ) {
    super();
    this.expected = digest(`Bearer ${secret.value}`);
  }

  admit(request: IncomingMessage, url: URL): Promise<Admission<PusherTicket>> {
    return Promise.resolve(this.decide(request, url));
  }

  private decide(request: IncomingMessage, url: URL): Admission<PusherTicket> {
    const { authorization = '', origin } = request.headers;
    // Digests have one length, and nothing of the secret shows in the time that it takes.
    if (!timingSafeEqual(digest(authorization), this.expected))
      return refused(this.attempts.count(request) ?? unauthorized);
    // A browser says where its page is from; a page has no business here, even with the secret.
    if (origin !== undefined) return refused({ status: 403, code: 'forbidden', message: 'This is not for pages' });
    const parsed = parameters.safeParse(Object.fromEntries(url.searchParams));
    if (!parsed.success) {
      const names = [...new Set(parsed.error.issues.map((issue) => issue.path.join('.')))].join(', ');
      return refused({ status: 400, code: 'invalid_parameter', message: `Parameter ${names}: not what is allowed` });
    }
    return { admitted: true, ticket: { parameters: parsed.data, release: () => undefined } };
  }
}

const unauthorized: Refusal = { status: 401, code: 'unauthorized', message: 'The secret of the pusher is needed' };

function refused(refusal: Refusal): Admission<never> {
  return { admitted: false, refusal };
}

function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}
