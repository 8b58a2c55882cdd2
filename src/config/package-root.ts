import path from 'node:path';
import { fileURLToPath } from 'node:url';

/** The folder with `package.json`, `config/` and `agents/`; the same from `src/` and from `dist/`. */
export const packageRoot = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '..', '..');
