import { Controller, Get, NotFoundException, Param, Res, UseGuards } from '@nestjs/common';
import type { Response } from 'express';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { AccessGuard, NeedsRole } from '../access.guard.js';
import { ApiDocument } from './api-document.js';

/** The page shares parts with the console. */
const directory = path.join(path.dirname(fileURLToPath(import.meta.url)), '..', 'console');
const FILES = ['api-docs.js', 'api-docs.css', 'layout.css', 'dom.js', 'icon.svg'];

/** The API, described by what serves it. */
@Controller('api/v1')
export class ApiDocsController {
  constructor(private readonly api: ApiDocument) {}

  @Get('docs')
  page(@Res() response: Response): void {
    response.sendFile('api-docs.html', { root: directory });
  }

  @Get('docs/:file')
  asset(@Param('file') file: string, @Res() response: Response): void {
    if (!FILES.includes(file)) throw new NotFoundException();
    response.sendFile(file, { root: directory });
  }

  /** OpenAPI 3.1, of the routes that this process has. */
  @Get('openapi.json')
  @UseGuards(AccessGuard)
  @NeedsRole('caller')
  document(): Promise<Record<string, unknown>> {
    return this.api.read();
  }
}
