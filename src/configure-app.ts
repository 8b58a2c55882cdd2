import type { INestApplication } from '@nestjs/common';
import { HttpAdapterHost, NestFactory } from '@nestjs/core';
import type { NestExpressApplication } from '@nestjs/platform-express';
import { Logger } from 'nestjs-pino';
import { AppModule } from './app.module.js';
import { createServer } from 'node:net';
import { loadConfig } from './config/load.js';
import { ServerConfig } from './config/server.config.js';
import { VoiceConfig } from './config/voice.config.js';
import { ParleyError, messageOf } from './kernel/errors.js';
import { FrameworkQuietLogger } from './lifecycle/framework-quiet-logger.js';
import { ErrorFilter } from './ops/error.filter.js';
import { measureHttp } from './ops/http-metrics.js';
import { limitSockets } from './ops/socket-limits.js';
import { secureHttp } from './ops/http-security.js';
import { checkNamedFiles } from './named-files.js';
import { ParleyWsAdapter } from './voice/ws-adapter.js';

/** The application, ready to `listen`: the same for the server and for every end-to-end test. */
export async function createApp(env: NodeJS.ProcessEnv): Promise<NestExpressApplication> {
  const config = loadConfig(env);
  checkNamedFiles(config);
  const app = await NestFactory.create<NestExpressApplication>(AppModule.forRoot(config), {
    bufferLogs: true,
    abortOnError: false,
  });
  app.useLogger(new FrameworkQuietLogger(app.get(Logger)));
  app.flushLogs();
  app.useGlobalFilters(new ErrorFilter(app.get(HttpAdapterHost)));
  app.disable('x-powered-by');
  measureHttp(app);
  secureHttp(app);
  limitSockets(app);
  app.useWebSocketAdapter(new ParleyWsAdapter(app, app.get(VoiceConfig).maxFrameBytes));
  return app;
}

/** Starts listening; returns the server's address. */
export async function listen(app: INestApplication): Promise<string> {
  const { host, port } = app.get(ServerConfig);
  await checkPort(port, host);
  await app.listen(port, host);
  const url = new URL(await app.getUrl());
  if (['[::1]', '[::]', '0.0.0.0', '127.0.0.1'].includes(url.hostname)) url.hostname = 'localhost';
  return url.origin;
}

/** Before everything else is loaded: whether somebody else has the port. */
async function checkPort(port: number, host: string): Promise<void> {
  const probe = createServer();
  try {
    await new Promise<void>((resolve, reject) => probe.once('error', reject).listen(port, host, resolve));
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'EADDRINUSE') {
      throw new ParleyError(
        'config_invalid',
        `Port ${port} is taken (${code}). Set PORT to another one: PORT=${port + 1} npm start`,
      );
    }
    throw new ParleyError('config_invalid', `Cannot listen on HOST ${host}, PORT ${port}: ${messageOf(error)}`);
  }
  await new Promise((resolve) => probe.close(resolve));
}
