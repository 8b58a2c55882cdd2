// Loaded with --import before everything else: whatever has to be in place before the first module of the server is.
import { enableCompileCache } from 'node:module';
import { isMainThread } from 'node:worker_threads';

enableCompileCache();

// Threads load this as well; what they have to tell, the main one does.
if (isMainThread) {
  const { ConfigError, loadConfig } = await import('./config/load.js');
  const { ServerConfig } = await import('./config/server.config.js');
  const { TelemetryConfig } = await import('./config/telemetry.config.js');
  const { startTelemetry } = await import('./telemetry/running-telemetry.js');
  try {
    const { values } = loadConfig(process.env);
    const { role } = values.get(ServerConfig) as InstanceType<typeof ServerConfig>;
    await startTelemetry(values.get(TelemetryConfig) as InstanceType<typeof TelemetryConfig>, role);
  } catch (error) {
    // The server says what is wrong with its configuration.
    if (!(error instanceof ConfigError)) throw error;
  }
}
