import type { Page } from 'playwright-core';

/** Phone, small laptop, laptop, screen: px. */
const WIDTHS = [390, 1280, 1400, 1920];

// As text: it runs in the page, whose types are not those of the tests.
const FIND_FAULTS = `(() => {
  const nameOf = (node) => node.id || (node.textContent ?? '').trim().slice(0, 40) || node.tagName;
  const seen = (node) => node.checkVisibility() && node.getClientRects().length > 0;
  const faults = [];
  const page = document.scrollingElement;
  if (page.scrollWidth > page.clientWidth) faults.push('the page is ' + page.scrollWidth + ' px wide');
  for (const node of document.querySelectorAll('main, main > *, .column, .side, .ops-side, .card, .card-head, .route, dialog[open]'))
    if (seen(node) && node.scrollWidth > node.clientWidth)
      faults.push(nameOf(node) + ' scrolls sideways: ' + node.scrollWidth + ' of ' + node.clientWidth + ' px');
  for (const node of document.querySelectorAll('button, a.button, input, select, summary')) {
    if (!seen(node)) continue;
    const around = node.closest('dialog, .card, header, nav, main, body').getBoundingClientRect();
    const { left, right } = node.getBoundingClientRect();
    if (left < Math.max(around.left, 0) - 0.5 || right > Math.min(around.right, innerWidth) + 0.5)
      faults.push(nameOf(node) + ' sticks out of its card');
  }
  for (const node of document.querySelectorAll('dialog[open]')) {
    const { left, right } = node.getBoundingClientRect();
    if (Math.abs(left + right - page.clientWidth) > 2) faults.push(nameOf(node) + ' is not in the middle');
  }
  return faults;
})()`;

/** What scrolls sideways or sticks out of its card, on a phone and on screens of three widths. */
export async function layoutFaults(page: Page): Promise<string[]> {
  const before = page.viewportSize();
  const faults: string[] = [];
  for (const width of WIDTHS) {
    await page.setViewportSize({ width, height: 900 });
    faults.push(...(await page.evaluate<string[]>(FIND_FAULTS)).map((fault) => `${width} px: ${fault}`));
  }
  if (before) await page.setViewportSize(before);
  return faults;
}
