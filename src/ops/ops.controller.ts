import { Controller, Delete, Get, HttpCode, Param, Post, Req, UseGuards } from '@nestjs/common';
import { mayAccess } from '../auth/principal.js';
import { OverloadConfig } from '../config/overload.config.js';
import { listenProtocolDocument } from '../listen/messages/listen-protocol-document.js';
import { LifecycleService } from '../lifecycle/lifecycle.service.js';
import { OverloadMonitor } from '../state/overload/overload-monitor.js';
import { SessionDirectory } from '../state/session-directory.js';
import { SessionSlots } from '../state/session-slots.js';
import { protocolDocument } from '../voice/protocol-document.js';
import { AccessGuard, type KnownRequest, NeedsRole } from './access.guard.js';
import { expectAccess } from './asked-tenant.js';
import { overloadView } from './overload-view.js';

/** What operators and the console look at. */
@Controller('api/v1')
@UseGuards(AccessGuard)
export class OpsController {
  constructor(
    private readonly sessions: SessionDirectory,
    private readonly lifecycle: LifecycleService,
    private readonly overload: OverloadMonitor,
    private readonly overloadConfig: OverloadConfig,
    private readonly slots: SessionSlots,
  ) {}

  /** Of all replicas; `complete` is false while only those of this one are known. */
  @Get('sessions')
  async listSessions(@Req() { principal }: KnownRequest) {
    const { complete, sessions } = await this.sessions.list();
    return { complete, sessions: sessions.filter(({ tenant }) => mayAccess(principal, tenant)) };
  }

  @Get('sessions/:id')
  async getSession(@Req() request: KnownRequest, @Param('id') id: string) {
    const session = await this.sessions.describe(id);
    expectAccess(request, session.tenant, 'There is no such session');
    return session;
  }

  /** Hangs up, on whichever replica. */
  @Delete('sessions/:id')
  @HttpCode(204)
  async endSession(@Req() request: KnownRequest, @Param('id') id: string): Promise<void> {
    await this.getSession(request, id);
    await this.sessions.hangUp(id);
  }

  /** Nothing of what is said is taken in until `resume`, on whichever replica. */
  @Post('sessions/:id/pause')
  @HttpCode(204)
  async pauseSession(@Req() request: KnownRequest, @Param('id') id: string): Promise<void> {
    await this.getSession(request, id);
    await this.sessions.send(id, 'pause');
  }

  @Post('sessions/:id/resume')
  @HttpCode(204)
  async resumeSession(@Req() request: KnownRequest, @Param('id') id: string): Promise<void> {
    await this.getSession(request, id);
    await this.sessions.send(id, 'resume');
  }

  @Get('startup')
  startup() {
    return {
      steps: this.lifecycle.statuses.map(({ durationMs, ...status }) => ({
        ...status,
        duration_ms: Math.round(durationMs),
      })),
    };
  }

  /** How hard-pressed the process is, as of the newest sample, and what it does about it. */
  @Get('overload')
  overloadStatus() {
    return overloadView(this.overload.status(), this.overloadConfig, this.slots.refusals);
  }

  @Get('protocol.json')
  @NeedsRole('caller')
  protocol() {
    return { ...protocolDocument, listen: listenProtocolDocument };
  }
}
