import { afterEach, beforeEach, expect, it } from '@jest/globals';
import type { Locator, Page } from 'playwright-core';
import { TestBrowser, describeInBrowser } from './support/browser.js';
import { until } from './support/replicas.js';
import { TcpProxy } from './support/tcp-proxy.js';
import { TestServer, nothingHeld } from './support/test-server.js';

const call = (page: Page, state: string): Locator => page.locator(`body[data-call=${state}]`);
const agentSaid = (page: Page, text: RegExp): Locator => page.locator('.entry-agent .words', { hasText: text });
const notice = (page: Page, text: string): Locator => page.locator('.entry-notice', { hasText: text });

describeInBrowser('the console, when its connection breaks in a call', () => {
  let server: TestServer;
  let network: TcpProxy;
  let browser: TestBrowser;
  let page: Page;

  async function callTyping(settings: NodeJS.ProcessEnv = {}): Promise<void> {
    server = await TestServer.start({ OVERLOAD_EVENT_LOOP_DELAY_MS: '10000', GREETING: 'off', ...settings });
    network = await TcpProxy.start(Number(new URL(server.url).port));
    ({ page } = await browser.open(`http://127.0.0.1:${network.port}`));
    await page.locator('#start-silent').click();
    await call(page, 'live').waitFor();
    await say('what is my balance');
    await agentSaid(page, /last four digits/).waitFor();
  }

  async function say(text: string): Promise<void> {
    await page.getByLabel('Message to the agent').fill(text);
    await page.keyboard.press('Enter');
  }

  beforeEach(async () => {
    browser = await TestBrowser.launch('refused');
  });
  afterEach(async () => {
    await page.close();
    expect(await server.quiet()).toEqual(nothingHeld);
    await browser.close();
    await network.stop();
    await server.stop();
  });

  it('connects again, and the call goes on where it was', async () => {
    await callTyping();
    network.cut();
    await notice(page, 'Connected again').waitFor();
    await call(page, 'live').waitFor();
    await say('four two four two');
    await agentSaid(page, /PIN/).waitFor();
  });

  it('tries again while the network is away', async () => {
    await callTyping();
    network.refuse();
    await call(page, 'lost').waitFor();
    const tried = network.connections;
    await until('it has tried again', () => network.connections >= tried + 3);
    expect(await notice(page, 'Connected again').count()).toBe(0);
    network.heal();
    await notice(page, 'Connected again').waitFor();
    await say('four two four two');
    await agentSaid(page, /PIN/).waitFor();
  });

  it('can be hung up meanwhile', async () => {
    await callTyping();
    network.refuse();
    await call(page, 'lost').waitFor();
    await page.getByRole('button', { name: 'Hang up' }).click();
    await call(page, 'idle').waitFor();
    network.heal();
  });

  it('says that it was lost when there is no session to come back to', async () => {
    await callTyping({ SESSION_RESUME_MS: '1' });
    network.cut();
    await call(page, 'idle').waitFor();
    await notice(page, 'The connection to the server was lost.').waitFor();
  });
});
