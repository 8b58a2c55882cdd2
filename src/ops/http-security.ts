import type { CorsOptions } from '@nestjs/common/interfaces/external/cors-options.interface.js';
import type { NestExpressApplication } from '@nestjs/platform-express';
import type { NextFunction, Request, Response } from 'express';
import helmet from 'helmet';
import { Authenticator } from '../auth/authenticator.js';
import { mayCome } from '../auth/origins.js';
import { LimitsConfig } from '../config/limits.config.js';
import { ServerConfig } from '../config/server.config.js';

const YEAR_SECONDS = 31_536_000;
const CHANGES_NOTHING = ['GET', 'HEAD', 'OPTIONS'];

/** For pages, which is the console: nothing inline, nothing from elsewhere; requests and sockets only to this server. */
const contentSecurityPolicy = {
  useDefaults: false,
  directives: {
    defaultSrc: ["'none'"],
    scriptSrc: ["'self'"],
    styleSrc: ["'self'"],
    imgSrc: ["'self'"],
    // `blob:` is a recording that was chosen, or fetched with a credential.
    mediaSrc: ["'self'", 'blob:'],
    connectSrc: ["'self'"],
    frameAncestors: ["'none'"],
    baseUri: ["'none'"],
    formAction: ["'none'"],
  },
};

/** What every answer and every request over HTTP is subject to, before any route: headers, pages of others, size. */
export function secureHttp(app: NestExpressApplication): void {
  const server = app.get(ServerConfig);
  const authenticator = app.get(Authenticator, { strict: false });
  const { bodyBytes: limit } = app.get(LimitsConfig);
  app.use(
    helmet({
      contentSecurityPolicy,
      strictTransportSecurity: { maxAge: YEAR_SECONDS, includeSubDomains: false },
      xFrameOptions: { action: 'deny' },
    }),
  );
  app.use('/api', uncached);
  const cors = {
    origin: server.corsOrigins.includes('*') ? '*' : [...server.corsOrigins],
    // Nobody is known by a cookie.
    credentials: false,
    methods: ['GET', 'PUT', 'POST', 'DELETE'],
    allowedHeaders: ['Authorization', 'Content-Type', 'Range', 'traceparent', 'tracestate'],
    exposedHeaders: ['Retry-After', 'Content-Range', 'Accept-Ranges', 'ETag'],
    maxAge: 600,
  };
  app.enableCors((request: Request, callback: (error: null, options: CorsOptions) => void) => {
    // Event Grid asks with OPTIONS, too: what no page asks is answered by its route.
    callback(null, { ...cors, preflightContinue: request.headers.origin === undefined });
  });
  app.use((request: Request, response: Response, next: NextFunction) => {
    if (
      CHANGES_NOTHING.includes(request.method) ||
      mayCome(request.headers, server, server.corsOrigins, !authenticator.asksForCredential)
    )
      return next();
    // Where no credential is needed, any page that somebody looks at could do what they may.
    response
      .status(403)
      .json({ error: { code: 'forbidden', message: 'Pages of this origin may not change anything' } });
  });
  app.useBodyParser('json', { limit });
  app.useBodyParser('urlencoded', { extended: true, limit });
}

/** What an answer says is for who asked, and of now. Routes may say otherwise. */
function uncached(_request: Request, response: Response, next: NextFunction): void {
  response.setHeader('Cache-Control', 'no-store');
  next();
}
