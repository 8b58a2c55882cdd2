import { Injectable } from '@nestjs/common';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { z } from 'zod';
import { packageRoot } from '../../config/package-root.js';
import { ApiDocument } from './api-document.js';
import { RouteReader } from './route-reader.js';

/** Made of what controllers declare and what is written about them, once somebody asks: a server that starts has no time for it. */
@Injectable()
export class DescribedApi extends ApiDocument {
  private known: Promise<Record<string, unknown>> | undefined;

  constructor(private readonly reader: RouteReader) {
    super();
  }

  override read(): Promise<Record<string, unknown>> {
    return (this.known ??= this.make());
  }

  private async make(): Promise<Record<string, unknown>> {
    const [{ openApiDocument }, { describedControllers }, { describedSockets }] = await Promise.all([
      import('./openapi-document.js'),
      import('./described-controllers.js'),
      import('./routes/sockets.js'),
    ]);
    return openApiDocument({
      version: version(),
      routes: this.reader.routes(),
      sockets: this.reader.sockets(),
      described: describedControllers,
      describedSockets,
    });
  }
}

function version(): string {
  const content: unknown = JSON.parse(readFileSync(path.join(packageRoot, 'package.json'), 'utf8'));
  return z.object({ version: z.string() }).parse(content).version;
}
