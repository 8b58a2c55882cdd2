import { LoggerModule } from 'nestjs-pino';
import { LoggingConfig } from '../config/logging.config.js';
import { withoutControl } from './without-control.js';

/** Query parameters and headers that hold credentials. */
const SECRET_PATHS = ['req.headers.authorization', 'req.headers.cookie', 'req.query.token', 'req.query.resume'];

/** pino: readable on a terminal, JSON lines otherwise. Requests are logged at debug; probes would fill the log. */
export const AppLoggerModule = LoggerModule.forRootAsync({
  inject: [LoggingConfig],
  useFactory: ({ level, format }: LoggingConfig) => {
    const pretty = format === 'pretty' || (format === 'auto' && process.stdout.isTTY);
    return {
      pinoHttp: {
        level,
        redact: SECRET_PATHS,
        autoLogging: false,
        quietReqLogger: true,
        serializers: {
          req: (request: { method: string; url: string }) => ({
            method: request.method,
            path: request.url.split('?')[0],
          }),
        },
        ...(pretty
          ? {
              hooks: { logMethod: withoutControl },
              transport: {
                target: 'pino-pretty',
                options: {
                  ignore: 'pid,hostname,req,reqId,context',
                  messageFormat: '{if context}[{context}] {end}{msg}',
                  singleLine: true,
                },
              },
            }
          : {}),
      },
    };
  },
});
