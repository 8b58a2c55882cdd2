import { expect, it } from '@jest/globals';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';

it.each(['/proc/parley/data', '/dev/null/data'])(
  'a server that cannot write to %s says so and ends',
  async (folder) => {
    const server = spawn(process.execPath, ['--import', './dist/telemetry.js', 'dist/main.js'], {
      env: {
        ...process.env,
        NODE_ENV: 'development',
        PORT: '0',
        METRICS_PORT: '0',
        DATA_DIR: folder,
        LOG_FORMAT: 'json',
      },
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    const [said, [code]] = await Promise.all([text(server.stderr), once(server, 'exit')]);
    expect(code).toBe(1);
    expect(said).toContain(`DATA_DIR: ${folder} cannot be written to: `);
    expect(said).toContain('or set ');
  },
);
