import {
  Controller,
  Get,
  Header,
  Logger,
  NotFoundException,
  Param,
  Req,
  StreamableFile,
  UseGuards,
} from '@nestjs/common';
import { messageOf } from '../kernel/errors.js';
import { Recordings } from '../services/archive/recordings.js';
import { AccessGuard, type KnownRequest, NeedsRole } from './access.guard.js';
import { askedTenant } from './asked-tenant.js';

const ids = /^[\w-]{1,64}$/;
const names = /^\w[\w.-]{0,63}$/;

/** What was recorded of calls, in files one after the other. Of the asker's own tenant; an admin may name another. */
@Controller('api/v1/conversations/:id/recordings')
@UseGuards(AccessGuard)
@NeedsRole('operator')
export class RecordingsController {
  private readonly logger = new Logger('Recordings');

  constructor(private readonly recordings: Recordings) {}

  /** In order of time. A name is the milliseconds since the start of the call at which the file begins. */
  @Get()
  async list(@Req() request: KnownRequest, @Param('id') id: string) {
    if (!ids.test(id)) throw new NotFoundException('There is no such conversation');
    const found = await this.recordings.list(askedTenant(request), id);
    return { recordings: found.map(({ name, bytes, writtenAt }) => ({ name, bytes, written_at: writtenAt })) };
  }

  @Get(':name')
  @Header('Cache-Control', 'private, no-store')
  @Header('X-Content-Type-Options', 'nosniff')
  async download(
    @Req() request: KnownRequest,
    @Param('id') id: string,
    @Param('name') name: string,
  ): Promise<StreamableFile> {
    const isName = ids.test(id) && names.test(name);
    const found = isName ? await this.recordings.open(askedTenant(request), id, name) : undefined;
    if (!found) throw new NotFoundException('There is no such recording');
    const file = new StreamableFile(found.stream, {
      type: found.contentType,
      length: found.bytes,
      disposition: `attachment; filename="${name}"`,
    });
    // Whoever downloads must not take half of a file for the whole.
    return file.setErrorHandler((error, response) => {
      this.logger.warn(`A download has broken off: ${messageOf(error)}`);
      response.destroy?.();
    });
  }
}
