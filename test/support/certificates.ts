import { describe } from '@jest/globals';
import { spawnSync } from 'node:child_process';

const openssl = process.env['OPENSSL_PATH'] ?? 'openssl';

/** For tests that need a certificate: Node cannot make any. Without openssl they are skipped, and say so; in CI it must not be missing. */
export function describeWithCertificates(name: string, tests: () => void): void {
  if (process.env['CI'] === 'true' || spawnSync(openssl, ['version']).status === 0) return describe(name, tests);
  process.stderr.write(`\nSKIPPED: ${name}: no openssl to make a certificate with; set OPENSSL_PATH\n\n`);
  describe.skip(name, tests);
}
