import axe from 'axe-core';
import type { Page } from 'playwright-core';

const MOST_SHOWN = 160;
const widths = [
  { width: 1440, height: 900 },
  { width: 390, height: 844 },
];

interface Result {
  readonly violations: readonly {
    readonly id: string;
    readonly nodes: readonly { readonly html: string; readonly failureSummary: string }[];
  }[];
}

/**
 * What axe finds wrong with the page as it is (WCAG 2.2 A and AA, and what it calls best practice), in both colour schemes,
 * on a wide screen and on a phone's; one line each.
 */
export async function accessibilityFaults(page: Page): Promise<string[]> {
  const before = page.viewportSize();
  const faults = new Map<string, string[]>();
  // Not as a script of the page, which its content policy forbids.
  await page.evaluate(axe.source);
  for (const size of widths) {
    await page.setViewportSize(size);
    for (const colorScheme of ['light', 'dark'] as const) {
      await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' });
      const { violations } = await page.evaluate<Result>('axe.run(document, { resultTypes: ["violations"] })');
      for (const { id, nodes } of violations)
        for (const { html, failureSummary } of nodes) {
          const fault = `${id}: ${html.slice(0, MOST_SHOWN)} ${failureSummary}`;
          faults.set(fault, [...(faults.get(fault) ?? []), `${size.width} ${colorScheme}`]);
        }
    }
  }
  await page.emulateMedia({ colorScheme: null, reducedMotion: null });
  if (before) await page.setViewportSize(before);
  return [...faults].map(([fault, where]) => `${where.join(', ')}: ${fault}`);
}
