import { readKeys } from './auth/api-keys.js';
import { ArchiveConfig } from './config/archive.config.js';
import { AuthConfig } from './config/auth.config.js';
import { type LoadedConfig, ConfigError } from './config/load.js';
import { McpConfig } from './config/mcp.config.js';
import { packageRoot } from './config/package-root.js';
import { WebhooksConfig } from './config/webhooks.config.js';
import { messageOf } from './kernel/errors.js';
import { readWebhooks } from './pusher/webhooks/webhook-file.js';
import { ArchiveKeys } from './services/archive/archive-keys.js';
import { readMcpServers } from './tools/mcp/mcp-server-file.js';

/** Reads the files that settings name, so that what is wrong with them is said like what is wrong with a setting. Throws a ConfigError. */
export function checkNamedFiles({ values, environment }: LoadedConfig): void {
  const checks = [
    () => {
      const { keysFile } = values.get(AuthConfig) as AuthConfig;
      if (keysFile) readKeys(keysFile);
    },
    () => readWebhooks((values.get(WebhooksConfig) as WebhooksConfig).file, packageRoot, environment.variables),
    () => ArchiveKeys.read((values.get(ArchiveConfig) as ArchiveConfig).keysFile, packageRoot, environment.variables),
    () => readMcpServers(values.get(McpConfig) as McpConfig, packageRoot, environment.variables),
  ];
  const problems = checks.flatMap((check) => {
    try {
      check();
      return [];
    } catch (error) {
      return messageOf(error).split('\n');
    }
  });
  if (problems.length > 0) throw new ConfigError(problems);
}
