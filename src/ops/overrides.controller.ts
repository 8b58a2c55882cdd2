import { BadRequestException, Body, Controller, Delete, Get, HttpCode, Put, Req, UseGuards } from '@nestjs/common';
import { z } from 'zod';
import { type CurrentOverride, Overrides } from '../state/overrides.js';
import { CallChoices } from '../voice/call-choice.js';
import { AccessGuard, type KnownRequest } from './access.guard.js';
import { readOrder } from './read-order.js';

const TTL = 'allowed is a whole number from 1000 (a second) to 2592000000 (30 days)';
const name = z.string().min(1).max(64).optional();
export const overrideOrder = z
  .strictObject({ scenario: name, agent: name, ttl_ms: z.int(TTL).min(1000, TTL).max(2_592_000_000, TTL) })
  .refine(({ scenario, agent }) => scenario !== undefined || agent !== undefined, '"scenario" or "agent" is needed');

/** What calls get that name neither an agent nor a scenario, set at run time for all replicas; for the asker's tenant. */
@Controller('api/v1/overrides')
@UseGuards(AccessGuard)
export class OverridesController {
  constructor(
    private readonly overrides: Overrides,
    private readonly choices: CallChoices,
  ) {}

  @Get()
  async show(@Req() { principal }: KnownRequest) {
    return view(await this.overrides.read(principal.tenant));
  }

  /** In effect on every replica within two seconds, for `ttl_ms`. */
  @Put()
  async set(@Req() { principal }: KnownRequest, @Body() body: unknown) {
    const { scenario, agent, ttl_ms: ttlMs } = readOrder(overrideOrder, body);
    const problem = this.choices.problemWith({ scenario, agent, language: undefined });
    if (problem) throw new BadRequestException(problem);
    return view(await this.overrides.set(principal.tenant, { scenario, agent }, ttlMs));
  }

  @Delete()
  @HttpCode(204)
  clear(@Req() { principal }: KnownRequest): Promise<void> {
    return this.overrides.clear(principal.tenant);
  }
}

function view(override: CurrentOverride | undefined) {
  return {
    scenario: override?.scenario ?? null,
    agent: override?.agent ?? null,
    until: override ? new Date(override.until).toISOString() : null,
  };
}
