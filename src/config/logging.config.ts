import { configOf, oneOf, setting } from './setting.js';

export class LoggingConfig extends configOf('logging', {
  level: setting(
    'LOG_LEVEL',
    oneOf(['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent']),
    'Least severe log level that is written.',
  ),
  format: setting(
    'LOG_FORMAT',
    oneOf(['auto', 'pretty', 'json']),
    '`auto` is readable on a terminal and JSON lines everywhere else.',
  ),
}) {}
