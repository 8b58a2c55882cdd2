import { Controller, Get, NotFoundException, Param, Res } from '@nestjs/common';
import type { Response } from 'express';
import { existsSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const directory = path.join(path.dirname(fileURLToPath(import.meta.url)), 'console');
/** Besides what every answer has. */
const HEADERS = {
  'Permissions-Policy': 'microphone=(self), camera=(), geolocation=()',
  'Cache-Control': 'no-cache',
};

/** The console: static files, nothing from elsewhere. What it shows comes over the API, which checks the token. */
@Controller()
export class ConsoleController {
  @Get()
  index(@Res() response: Response): void {
    send(response, 'index.html');
  }

  @Get('console/:file')
  asset(@Param('file') file: string, @Res() response: Response): void {
    if (!/^[\w-]+\.(js|css|svg|html)$/.test(file) || !existsSync(path.join(directory, file)))
      throw new NotFoundException();
    send(response, file);
  }
}

function send(response: Response, file: string): void {
  response.set(HEADERS).sendFile(file, { root: directory });
}
