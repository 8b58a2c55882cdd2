import { Injectable, Logger } from '@nestjs/common';
import type { IncomingMessage } from 'node:http';
import { ParleyError, messageOf } from '../../kernel/errors.js';
import { Clock } from '../../kernel/clock.js';
import { AcsClient, type MediaAddress } from '../../services/acs/acs-client.js';
import { UpgradeGuard } from '../../voice/upgrade-guard.js';
import { PublicAddress } from '../public-address.js';
import { RingingCalls } from '../ringing-calls.js';
import { type AcsCallPlan, AcsLiveCalls } from './acs-live-calls.js';

/** A call rings for so long; what comes later is of no use. */
const RINGS_MS = 30_000;
/** Event Grid delivers more than once. */
const REMEMBERED_MS = 120_000;
const MAX_REMEMBERED = 10_000;

export interface IncomingCall {
  /** The same for every delivery of one call. */
  readonly id: string;
  readonly context: string;
  /** Wall-clock ms at which it began to ring. */
  readonly rangAt: number;
}

/** Answers calls that ring, places calls, and tells the service where it is to connect them to. */
@Injectable()
export class AcsAnswering {
  private readonly logger = new Logger('Acs');
  private readonly seen = new Map<string, number>();

  constructor(
    private readonly client: AcsClient,
    private readonly calls: AcsLiveCalls,
    private readonly guard: UpgradeGuard,
    private readonly ringing: RingingCalls,
    private readonly address: PublicAddress,
    private readonly clock: Clock,
  ) {}

  /** Never rejects: Event Grid would only deliver the event again, to a caller who has gone. */
  async answer(call: IncomingCall, plan: AcsCallPlan, request: IncomingMessage): Promise<void> {
    if (this.isKnown(call.id)) return;
    const leftMs = call.rangAt + RINGS_MS - this.clock.wallTime();
    if (leftMs <= 0) return this.logger.warn('A call was not answered: its event came too late');
    try {
      const busy = await this.ringing.refusalOf('acs', plan.tenant, AbortSignal.timeout(leftMs));
      if (busy) {
        this.logger.warn(`A caller was turned away: ${busy.code}`);
        return await this.client.reject(call.context);
      }
      const { callId } = await this.client.answer(call.context, await this.media(plan, request));
      await this.calls.belongsTo(callId, plan.tenant);
    } catch (error) {
      this.logger.error(`A call could not be answered: ${messageOf(error)}`);
    }
  }

  /** Rejects with `call_failed`, or with `at_capacity` or `draining` when nobody could talk to the callee. */
  async place(to: string, plan: AcsCallPlan, request: IncomingMessage): Promise<{ callId: string }> {
    const busy = this.guard.closedToCalls();
    if (busy) throw new ParleyError('draining', busy.message, true);
    const placed = await this.client.place(to, await this.media(plan, request));
    await this.calls.belongsTo(placed.callId, plan.tenant);
    return placed;
  }

  private async media(plan: AcsCallPlan, request: IncomingMessage): Promise<MediaAddress> {
    const token = await this.calls.plan(plan);
    return {
      callbackUrl: this.address.http(request, '/api/v1/acs/callbacks'),
      mediaUrl: this.address.webSocket(request, `/api/v1/acs/media?call=${token}`),
      context: plan.scenario ?? '',
    };
  }

  private isKnown(id: string): boolean {
    const now = this.clock.now();
    for (const [known, since] of this.seen) {
      if (now - since < REMEMBERED_MS && this.seen.size < MAX_REMEMBERED) break;
      this.seen.delete(known);
    }
    if (this.seen.has(id)) return true;
    this.seen.set(id, now);
    return false;
  }
}
