import { mkdir } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Page } from 'playwright-core';

const folder = process.env['CONSOLE_PICTURES'];
const rewritesDocs = process.env['DOCS_PICTURES'] === 'true';
const docs = fileURLToPath(new URL('../../docs/', import.meta.url));
const widths = { wide: { width: 1440, height: 900 }, narrow: { width: 390, height: 844 } };
type Width = keyof typeof widths;

/**
 * Pictures of the page as it is, in both schemes and on both screens, in the folder CONSOLE_PICTURES, if there is one.
 * @param documented names of those, in light colours, that stand in `docs/`; DOCS_PICTURES=true makes them anew.
 */
export async function pictures(
  page: Page,
  name: string,
  documented: Partial<Record<Width, string>> = {},
): Promise<void> {
  if (!folder && !rewritesDocs) return;
  if (folder) await mkdir(folder, { recursive: true });
  const before = page.viewportSize();
  for (const width of Object.keys(widths) as Width[]) {
    await page.setViewportSize(widths[width]);
    for (const colorScheme of ['light', 'dark'] as const) {
      await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' });
      if (folder) await page.screenshot({ path: path.join(folder, `${name}-${width}-${colorScheme}.png`) });
      const inDocs = documented[width];
      if (rewritesDocs && inDocs !== undefined && colorScheme === 'light')
        await page.screenshot({ path: path.join(docs, `${inDocs}.png`) });
    }
  }
  await page.emulateMedia({ colorScheme: null, reducedMotion: null });
  if (before) await page.setViewportSize(before);
}
