import { Controller, Delete, Get, HttpCode, NotFoundException, Param, Req, UseGuards } from '@nestjs/common';
import { People } from '../services/people/people.js';
import { Audited, unnamed } from './audit/audit-trail.js';
import { AccessGuard, type KnownRequest, NeedsRole } from './access.guard.js';
import { askedTenant } from './asked-tenant.js';

const LONGEST_ID = 128;

/** Whose voices are known. Of the asker's own tenant; an admin may name another. */
@Controller('api/v1/people')
@UseGuards(AccessGuard)
@NeedsRole('operator')
export class PeopleController {
  constructor(private readonly people: People) {}

  /** With their names, without what their voices are like. */
  @Get()
  @Audited()
  async list(@Req() request: KnownRequest) {
    const known = await this.people.known(askedTenant(request));
    return {
      people: known
        .toSorted((a, b) => a.name.localeCompare(b.name))
        .map(({ personId, name, model, dimension, samples, createdAt, updatedAt }) => ({
          person_id: personId,
          name,
          samples: samples.length,
          model,
          dimension,
          created_at: createdAt,
          updated_at: updatedAt,
        })),
    };
  }

  /** For good: the voice is forgotten. */
  @Delete(':id')
  @HttpCode(204)
  async remove(@Req() request: KnownRequest, @Param('id') id: string): Promise<void> {
    request.auditedObject = unnamed(id);
    const isKnown = id.length <= LONGEST_ID && (await this.people.remove(askedTenant(request), id));
    if (!isKnown) throw new NotFoundException('There is no such person');
  }
}
