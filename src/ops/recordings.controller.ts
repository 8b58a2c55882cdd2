import {
  Controller,
  Get,
  Header,
  HttpStatus,
  Logger,
  NotFoundException,
  Param,
  Req,
  Res,
  StreamableFile,
  UseGuards,
} from '@nestjs/common';
import type { Response } from 'express';
import { Readable } from 'node:stream';
import { messageOf } from '../kernel/errors.js';
import { Recordings } from '../services/archive/recordings.js';
import { type ListedPiece, WholeRecordings } from '../services/archive/whole-recording.js';
import { Audited } from './audit/audit-trail.js';
import { AccessGuard, type KnownRequest, NeedsRole } from './access.guard.js';
import { askedTenant } from './asked-tenant.js';
import { rangeIn } from './byte-range.js';

const ids = /^[\w-]{1,64}$/;
const names = /^\w[\w.-]{0,63}$/;

/** What was recorded of conversations. Of the asker's own tenant; an admin may name another. */
@Controller('api/v1/conversations/:id')
@UseGuards(AccessGuard)
@NeedsRole('operator')
export class RecordingsController {
  private readonly logger = new Logger('Recordings');
  private readonly whole: WholeRecordings;

  constructor(private readonly recordings: Recordings) {
    this.whole = new WholeRecordings(recordings);
  }

  /** In order of time, and how much of the time of the conversation they are. */
  @Get('recordings')
  async list(@Req() request: KnownRequest, @Param('id') id: string) {
    if (!ids.test(id)) throw new NotFoundException('There is no such conversation');
    const { pieces, coverage } = await this.whole.find(askedTenant(request), id);
    return {
      recordings: pieces.map(shown),
      duration_ms: coverage.durationMs,
      seconds: coverage.archivedMs / 1000,
      gaps: coverage.gaps.map(({ fromMs, toMs }) => ({ from_ms: fromMs, to_ms: toMs })),
    };
  }

  @Get('recordings/:name')
  @Audited()
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
    const { stream, bytes: length, contentType: type } = found;
    return this.unbroken(new StreamableFile(stream, { type, length, disposition: `attachment; filename="${name}"` }));
  }

  /** The whole conversation, from its beginning on, in one file; players may ask for parts of it. */
  @Get('recording.wav')
  @Audited()
  @Header('Cache-Control', 'private, no-store')
  @Header('X-Content-Type-Options', 'nosniff')
  @Header('Accept-Ranges', 'bytes')
  async play(
    @Req() request: KnownRequest,
    @Res({ passthrough: true }) response: Response,
    @Param('id') id: string,
  ): Promise<StreamableFile | undefined> {
    const found = ids.test(id) ? await this.whole.find(askedTenant(request), id) : undefined;
    if (found?.locked) throw found.locked;
    if (!found?.bytes) throw new NotFoundException('There is no recording of this conversation');
    const { bytes, version } = found;
    const ifRange = request.headers['if-range'];
    const tag = `"${version}"`;
    // What it was part of is not there any more.
    const isSame = ifRange === undefined || ifRange === tag;
    const range = isSame ? rangeIn(request.headers.range, bytes) : undefined;
    response.setHeader('ETag', tag);
    if (range === 'none') {
      response.status(HttpStatus.REQUESTED_RANGE_NOT_SATISFIABLE).setHeader('Content-Range', `bytes */${bytes}`);
      return undefined;
    }
    const { start, end } = range ?? { start: 0, end: bytes };
    if (range)
      response.status(HttpStatus.PARTIAL_CONTENT).setHeader('Content-Range', `bytes ${start}-${end - 1}/${bytes}`);
    const isToBeRead = request.method !== 'HEAD';
    const content = isToBeRead ? found.read(start, end) : Readable.from([]);
    const disposition = `inline; filename="${id}.wav"`;
    return this.unbroken(new StreamableFile(content, { type: 'audio/wav', length: end - start, disposition }));
  }

  /** Whoever downloads must not take half of a file for the whole. */
  private unbroken(file: StreamableFile): StreamableFile {
    return file.setErrorHandler((error, response) => {
      this.logger.warn(`A download has broken off: ${messageOf(error)}`);
      response.destroy?.();
    });
  }
}

function shown({ audio, timed, problem }: ListedPiece) {
  return {
    name: audio.name,
    bytes: audio.bytes,
    written_at: audio.writtenAt,
    start_ms: timed?.startMs ?? null,
    duration_ms: timed ? (timed.frames * 1000) / timed.sampleRate : null,
    sample_rate: timed?.sampleRate ?? null,
    channels: timed?.channels ?? null,
    problem: problem ? (problem.code === 'key_missing' ? problem.message : 'It cannot be read') : null,
  };
}
