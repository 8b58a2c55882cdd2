import type { NestExpressApplication } from '@nestjs/platform-express';
import { metrics } from '@opentelemetry/api';
import type { NextFunction, Request, Response } from 'express';
import { HTTP_BUCKETS } from '../kernel/metric-buckets.js';

/** Anything else is as good as a name that a client makes up. */
const METHODS: ReadonlySet<string> = new Set(['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS']);

/**
 * Measures every request over HTTP with OpenTelemetry, as its conventions have it: by the pattern of the route, never by
 * its address. WebSockets are counted as sessions, not here.
 */
export function measureHttp(app: NestExpressApplication): void {
  const durations = metrics.getMeter('parley.http').createHistogram('http.server.request.duration', {
    unit: 's',
    description: 'How long requests took, by route and status',
    advice: { explicitBucketBoundaries: HTTP_BUCKETS },
  });
  app.use((request: Request, response: Response, next: NextFunction) => {
    const startedAt = performance.now();
    response.once('close', () => {
      const route = (request.route as { readonly path?: unknown } | undefined)?.path;
      durations.record((performance.now() - startedAt) / 1000, {
        'http.request.method': METHODS.has(request.method) ? request.method : '_OTHER',
        'http.response.status_code': response.statusCode,
        // Nest has a pattern of its own for all that is no route.
        ...(typeof route === 'string' && route.startsWith('/') && { 'http.route': route }),
      });
    });
    next();
  });
}
