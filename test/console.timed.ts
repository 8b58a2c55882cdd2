import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from '@jest/globals';
import { cp, mkdtemp, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import type { Locator, Page } from 'playwright-core';
import { OverloadMonitor } from '../src/state/overload/overload-monitor.js';
import { TestBrowser, type WatchedPage, describeInBrowser } from './support/browser.js';
import { pictures } from './support/pictures.js';
import { TestCaller, TestServer, nothingHeld } from './support/test-server.js';

/** Says the same again and again: a test opens and closes the microphone where it needs speech. */
const question = 'alan-01-balance.wav';
const track = [1.5, ...Array.from({ length: 10 }, () => [question, 2.5]).flat()];

const live = (page: Page): Locator => page.locator('body[data-call=live]');
const callerSaid = (page: Page, text: string): Locator =>
  page.locator('.entry-caller[data-state=done] .words', { hasText: text });
const agentSaid = (page: Page, text: RegExp): Locator => page.locator('.entry-agent .words', { hasText: text });
const cutOff = (page: Page): Locator => page.locator('.entry-agent[data-state=cut] del');
/** The meter shows what the playback worklet gives to the loudspeaker, as RMS from 0 to 1. */
const sounding = (page: Page): Promise<void> =>
  page.locator('#agent-meter[data-level]:not([data-level^="0.00"])').waitFor();
const focused = (page: Page): Promise<string> => page.evaluate('document.activeElement.id');
const silent = (page: Page): Promise<void> => page.locator('#agent-meter[data-level="0.0000"]').waitFor();

/** The browser would report the 503 of a server that is not ready yet as an error of the page. */
async function startReady(env: NodeJS.ProcessEnv): Promise<TestServer> {
  // A browser on the same machine is load enough to be noticed, which is not what is looked at here.
  const server = await TestServer.start({ OVERLOAD_EVENT_LOOP_DELAY_MS: '10000', ...env });
  for (let asked = 0; asked < 200; asked++) {
    if ((await server.get('/api/v1/ready')).status === 200) return server;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  await server.stop();
  throw new Error('the server does not become ready');
}

describeInBrowser('the console in a browser', () => {
  // Undefined when the one before could not be started.
  let server: TestServer;
  let browser: TestBrowser;
  let watched: WatchedPage;
  let page: Page;

  beforeAll(async () => {
    browser = await TestBrowser.launch(track);
    server = await startReady({ GREETING: 'off', MAX_CONNECTIONS: '1', SESSION_ACQUIRE_TIMEOUT_MS: '50' });
  });
  beforeEach(async () => {
    watched = await browser.open(server.url);
    page = watched.page;
  });
  afterEach(async () => {
    const violations = await watched.violations();
    await page.close();
    expect(await server.quiet()).toEqual(nothingHeld);
    expect(violations).toEqual([]);
    expect([...watched.hosts]).toEqual([new URL(server.url).host]);
  });
  afterAll(async () => {
    await browser?.close();
    await server?.stop();
  });

  it('takes a spoken question, plays the answer, and falls silent when the caller cuts in', async () => {
    await page.getByRole('button', { name: 'Start call' }).click();
    await callerSaid(page, 'what is my balance').waitFor();
    const mute = page.getByRole('button', { name: 'Mute' });
    await mute.click();
    await agentSaid(page, /last four digits of your card/).waitFor();
    await sounding(page);
    const turn = page.locator('.turn', { hasText: 'what is my balance' });
    await turn.waitFor();
    expect(await turn.innerText()).toMatch(
      /\d ms\s+voice to voice.*Endpointing \d+ ms.*STT .*\d ms.*LLM .*\d ms.*TTS .*\d ms/s,
    );
    expect(await turn.locator('.bar').count()).toBeGreaterThanOrEqual(4);

    await page.getByLabel('Message to the agent').fill('what are your opening hours');
    await page.keyboard.press('Enter');
    await agentSaid(page, /open from nine to five/).waitFor();
    await sounding(page);
    await mute.click();
    await cutOff(page).waitFor();
    await silent(page);
    expect(watched.types().slice(watched.types().lastIndexOf('audio_clear'))).not.toContain('audio_stream_start');
    expect((await cutOff(page).allTextContents()).join('')).toMatch(/day and night/);
    const interrupted = page.locator('.turn[data-outcome=interrupted]', { hasText: 'what are your opening hours' });
    await interrupted.getByText('Barge-in stop').waitFor();
    await pictures(page, 'call', { wide: 'console' });
    await mute.click();

    expect(await page.locator('#server-words').textContent()).toBe('At capacity');
    await page.getByRole('button', { name: 'Hang up' }).click();
    await page.locator('.entry-ended').waitFor();
    expect(watched.complaints).toEqual([]);
  }, 40_000);

  it('can be used with the keyboard alone', async () => {
    const tabTo = async (id: string): Promise<void> => {
      for (let presses = 0; presses < 40; presses++) {
        await page.keyboard.press('Tab');
        if ((await focused(page)) === id) return;
      }
      throw new Error(`Tab does not lead to ${id}`);
    };
    await tabTo('start-silent');
    await page.keyboard.press('Enter');
    await live(page).waitFor();
    expect(await focused(page)).toBe('message');

    await page.keyboard.type('what are your opening hours');
    await page.keyboard.press('Enter');
    await sounding(page);
    await page.keyboard.press('Escape');
    await cutOff(page).waitFor();
    await silent(page);
    await page.locator('#announcements', { hasText: 'Cut off after:' }).waitFor({ state: 'attached' });

    await page.keyboard.press('Alt+KeyH');
    await page.locator('.entry-ended').waitFor();
    await page.locator('body[data-call=idle]').waitFor();
    expect(await focused(page)).toBe('start');
    expect(watched.complaints).toEqual([]);
  });

  it('keys digits, and decodes what a telephone line sends', async () => {
    await page.getByLabel('Encoding').selectOption('mulaw');
    await page.getByLabel('Sample rate').selectOption('8000');
    await page.getByRole('button', { name: 'Call without microphone' }).click();
    await live(page).waitFor();
    await page.getByLabel('Message to the agent').fill('what is my balance');
    await page.keyboard.press('Enter');
    await agentSaid(page, /last four digits/).waitFor();
    await sounding(page);
    for (const digit of '4242') await page.getByRole('button', { name: digit, exact: true }).click();
    await agentSaid(page, /PIN/).waitFor();
    await page.locator('.entry-caller', { hasText: '4 2 4 2' }).waitFor();
    await page.keyboard.press('Alt+KeyH');
    await page.locator('.entry-ended').waitFor();
    expect(watched.complaints).toEqual([]);
  });

  it('says why a call was refused', async () => {
    const other = await TestCaller.dial(server);
    await page.getByRole('button', { name: 'Call without microphone' }).click();
    await page.getByRole('alert').getByText('at capacity: 1 of 1 calls').waitFor();
    await other.hangUp();
  });

  it('shows how hard-pressed the server is, and by what', async () => {
    const level = page.locator('#load-level');
    await level.getByText('normal').waitFor();
    expect(await page.locator('#load-follows').isVisible()).toBe(false);
    const busy = { name: 'other', realTimeFactor: 0.4, waiting: 1 };
    const stop = server.app.get(OverloadMonitor, { strict: false }).watchInference(busy, 1);
    await level.getByText('warning').waitFor();
    const row = page.locator('#load-inputs tr', { hasText: 'Recognition' });
    expect(await row.innerText()).toMatch(/0\.40 × real time, 1 waiting\s+80 %/);
    expect(await page.locator('#load-follows').innerText()).toMatch(/^lower after \d+ s of calm$/);
    stop();
  });

  it('is dark and quiet once the call is over, also when the agent was speaking', async () => {
    await page.getByRole('button', { name: 'Call without microphone' }).click();
    await live(page).waitFor();
    await page.getByLabel('Message to the agent').fill('what are your opening hours');
    await page.keyboard.press('Enter');
    await sounding(page);
    await page.getByRole('button', { name: 'Hang up' }).click();
    await page.locator('body[data-call=idle]').waitFor();
    for (const side of ['caller', 'agent']) {
      const meter = page.locator(`#${side}-meter`);
      expect(await meter.getAttribute('aria-valuenow')).toBe('0');
      expect(await meter.locator('span').getAttribute('style')).toMatch(/scaleX\(0\)/);
    }
    expect(await page.locator('#call-time').isVisible()).toBe(false);
    expect(watched.complaints).toEqual([]);
  });
});

describeInBrowser('the console where not everything is allowed', () => {
  // Undefined when the one before could not be started.
  let server: TestServer;
  let browser: TestBrowser;
  let agents: string;
  beforeAll(async () => {
    browser = await TestBrowser.launch('refused');
    agents = await mkdtemp(path.join(os.tmpdir(), 'parley-agents-'));
    await cp('agents', agents, { recursive: true });
    await cp('agents/scenarios/banking.yaml', path.join(agents, 'scenarios', 'another.yaml'));
    // Few enough attempts that a page which asks again with a refused token would be shut out.
    server = await startReady({
      AUTH_TOKENS: 'let-me-in',
      GREETING: 'off',
      AGENTS_DIR: agents,
      UPGRADES_PER_MINUTE: '6',
    });
  });
  afterAll(async () => {
    await browser?.close();
    await server?.stop();
    await rm(agents, { recursive: true, force: true });
  });

  it('asks for a token, and goes on without a microphone', async () => {
    const { page, dialled } = await browser.open(server.url);
    const token = page.getByLabel('This server asks for an access token');
    const startCall = page.getByRole('button', { name: 'Start call' });
    await token.fill('guessed');
    expect(await startCall.isDisabled()).toBe(true);
    await page.keyboard.press('Enter');
    await page.getByText('This token was not accepted').waitFor();
    await token.fill('let-me-in');
    await page.keyboard.press('Enter');
    const scenario = page.getByLabel('Scenario');
    await scenario.locator('option', { hasText: 'Banking' }).waitFor({ state: 'attached' });
    expect(await scenario.locator('option').allTextContents()).toEqual(['Another', 'Banking']);
    expect(await scenario.inputValue()).toBe('banking');
    await startCall.click();
    await page.locator('.entry-notice', { hasText: 'The microphone was refused' }).waitFor();
    await live(page).waitFor();
    await page.getByLabel('Message to the agent').fill('what is my balance');
    await page.keyboard.press('Enter');
    await agentSaid(page, /last four digits/).waitFor();
    // Not the one that was typed in.
    expect(dialled).toEqual([expect.stringMatching(/[?&]token=bt_[\w-]+$/)]);
    await page.close();
    expect(await server.quiet()).toEqual(nothingHeld);
  });

  it('shows that the server is gone', async () => {
    const { page } = await browser.open(server.url);
    await page.context().setOffline(true);
    await page.getByRole('alert').getByText('The server does not answer').waitFor();
    await page.context().setOffline(false);
    await page.locator('#lost').waitFor({ state: 'hidden' });
    await page.close();
  });
});
