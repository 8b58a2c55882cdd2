import type { LoggerService } from '@nestjs/common';

const FRAMEWORK = new Set([
  'NestFactory',
  'InstanceLoader',
  'RoutesResolver',
  'RouterExplorer',
  'NestApplication',
  'WebSocketsController',
]);

/** What the framework says of its own wiring is for debugging. */
export class FrameworkQuietLogger implements LoggerService {
  constructor(private readonly logger: LoggerService) {}

  log(message: unknown, ...optional: unknown[]): void {
    if (FRAMEWORK.has(String(optional.at(-1)))) this.logger.debug?.(message, ...optional);
    else this.logger.log(message, ...optional);
  }

  error(message: unknown, ...optional: unknown[]): void {
    this.logger.error(message, ...optional);
  }

  warn(message: unknown, ...optional: unknown[]): void {
    this.logger.warn(message, ...optional);
  }

  debug(message: unknown, ...optional: unknown[]): void {
    this.logger.debug?.(message, ...optional);
  }

  verbose(message: unknown, ...optional: unknown[]): void {
    this.logger.verbose?.(message, ...optional);
  }

  fatal(message: unknown, ...optional: unknown[]): void {
    this.logger.fatal?.(message, ...optional);
  }
}
