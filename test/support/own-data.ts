import { afterAll } from '@jest/globals';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';

// Servers of one file of tests find nothing that others, or a developer's own server, have left behind.
const folder = mkdtempSync(path.join(tmpdir(), 'parley-test-'));
process.env['DATA_DIR'] = folder;
// Nor do they get in each other's way.
process.env['METRICS_PORT'] = '0';
afterAll(() => rmSync(folder, { recursive: true, force: true }));
