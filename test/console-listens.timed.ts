import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from '@jest/globals';
import { mkdtemp, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import type { Locator, Page } from 'playwright-core';
import { OverloadMonitor } from '../src/state/overload/overload-monitor.js';
import { accessibilityFaults } from './support/accessibility.js';
import { layoutFaults } from './support/layout.js';
import { TestBrowser, type WatchedPage, describeInBrowser } from './support/browser.js';
import { type CallPart, callRecording } from './support/call-recording.js';
import { pictures } from './support/pictures.js';
import { TcpProxy } from './support/tcp-proxy.js';
import { TestServer, nothingHeld } from './support/test-server.js';

const state = (page: Page, name: string): Locator => page.locator(`body[data-listen=${name}]`);
const said = (page: Page, side: string, text: string): Locator =>
  page.locator(`#heard-entries .entry[data-side=${side}]`, { hasText: text });
const notice = (page: Page, text: string): Locator => page.locator('#heard-entries .entry-notice', { hasText: text });
const outcome = (page: Page): Locator => page.locator('#heard-entries .entry-over[data-status=completed]');
const conversationsOf = (page: Page): Locator => page.locator('#listen-conversations .made');
const focused = (page: Page): Promise<string> => page.evaluate('document.activeElement.id');
/** Resolves when the recording that is played has come to this second. */
const played = (page: Page, second: number): Promise<void> => {
  const later = Array.from({ length: 60 - Math.ceil(second) }, (_, i) => String(59 - i).padStart(2, '0'));
  return page.locator('#listen-position', { hasText: new RegExp(`^0:(${later.join('|')})$`) }).waitFor();
};

/** Two recognisers and a browser on a busy machine: what an overloaded server does is tried elsewhere. */
async function startCalm(env: NodeJS.ProcessEnv): Promise<TestServer> {
  const server = await TestServer.start({
    CONVERSATION_STORE: 'sqlite',
    LISTEN_AUDIO: 'on',
    LISTEN_SEGMENT_MS: '100',
    ...env,
  });
  server.app.get(OverloadMonitor, { strict: false }).stop();
  return server;
}

async function listenTo(page: Page, lines: 1 | 2, parts: readonly CallPart[]): Promise<number> {
  const { wav, seconds } = await callRecording(lines, parts);
  await page
    .getByRole('button', { name: 'Recording' })
    .setInputFiles({ name: 'call.wav', mimeType: 'audio/wav', buffer: wav });
  await page.locator('#listen-file-name', { hasText: lines === 2 ? 'two channels' : 'one channel' }).waitFor();
  await page.getByRole('button', { name: 'Start listening' }).click();
  return seconds;
}

describeInBrowser('the console, when it listens', () => {
  // Undefined when the one before could not be started.
  let folder: string;
  let server: TestServer;
  let network: TcpProxy;
  let browser: TestBrowser;
  let watched: WatchedPage;
  let page: Page;

  beforeAll(async () => {
    folder = await mkdtemp(path.join(os.tmpdir(), 'parley-console-listens-'));
    browser = await TestBrowser.launch([1, ...Array.from({ length: 10 }, () => ['alan-01-balance.wav', 2]).flat()]);
    server = await startCalm({ DATA_DIR: folder });
    network = await TcpProxy.start(Number(new URL(server.url).port));
  });
  beforeEach(async () => {
    watched = await browser.open(`http://127.0.0.1:${network.port}/#/listen`);
    page = watched.page;
  });
  afterEach(async () => {
    const violations = await watched.violations();
    await page.close();
    expect(await server.quiet()).toEqual(nothingHeld);
    expect(violations).toEqual([]);
  });
  afterAll(async () => {
    await browser?.close();
    await network?.stop();
    await server?.stop();
    await rm(folder, { recursive: true, force: true });
  });

  it('writes a recorded call down by sides, names who speaks, and shows what came of it', async () => {
    const talk: CallPart[] = [
      [1, 'noel-01-balance'],
      [0, 'alan-14-repeat'],
      [1, 'noel-06-stolen'],
      [0, 'alan-02-digits'],
      [1, 'noel-12-person'],
      [0, 'alan-08-block'],
    ];
    const seconds = await listenTo(page, 2, [0.4, ...talk.flatMap((part) => [part, 1.2])]);
    await said(page, 'customer', 'what is my balance').waitFor();
    await page.getByRole('button', { name: 'Customer' }).first().click();
    const dialog = page.getByRole('dialog', { name: 'Who is Customer?' });
    await dialog.getByText('what is my balance').waitFor();
    await dialog.getByLabel('Name').fill('Ann Lee');
    await page.keyboard.press('Enter');
    await said(page, 'customer', 'Ann Lee').waitFor();
    await said(page, 'agent', 'can you repeat that').waitFor();
    await said(page, 'customer', 'my card was stolen').getByRole('button', { name: 'Ann Lee' }).waitFor();
    await said(page, 'agent', 'four two four two').waitFor();
    await pictures(page, 'listen', { wide: 'console-listen' });

    // The end of the recording is that of the call.
    await state(page, 'idle').waitFor();
    await outcome(page).getByText('My card was stolen').waitFor();
    await page.getByRole('link', { name: 'Conversations' }).click();
    const row = page.locator('#kept .kept[data-status=completed]');
    await row.getByText('finished').waitFor();
    expect(await row.innerText()).toMatch(/listened to · 6 lines/);
    await row.getByRole('link').click();

    const lines = page.locator('#said-entries .entry:has(.words)');
    await lines.nth(5).waitFor();
    expect(await lines.locator('.words').allTextContents()).toEqual([
      'what is my balance',
      'can you repeat that',
      'my card was stolen',
      'four two four two',
      'speak to a person please',
      'block my card',
    ]);
    expect(await lines.nth(2).innerText()).toContain('Ann Lee');
    const sides = await lines.evaluateAll((rows) => rows.map((one) => one.getAttribute('data-side')));
    expect(sides).toEqual(talk.map((part) => (Array.isArray(part) && part[0] === 0 ? 'agent' : 'customer')));
    const insights = page.locator('#insights');
    await insights.getByText('No model has read this.').waitFor();
    expect(await insights.getByRole('img').getAttribute('aria-label')).toMatch(/^Agent \d+ %, customer \d+ % of what/);

    const audio = page.locator('#player-audio');
    await audio.and(page.locator('[src]')).waitFor();
    await page.locator('#timeline').waitFor();
    const duration = await audio.evaluate((node) => (node as unknown as { duration: number }).duration);
    expect(duration).toBeGreaterThan(seconds - 1);
    expect(duration).toBeLessThan(seconds + 5);
    await lines.nth(2).getByRole('button', { name: 'Play from' }).click();
    await page.locator('#said-entries .entry[data-playing]', { hasText: 'my card was stolen' }).waitFor();
    await page.locator('#player-sides').getByText('Customer').click();
    await pictures(page, 'conversation', { wide: 'console-conversation' });
    expect(await accessibilityFaults(page)).toEqual([]);
    expect(await layoutFaults(page)).toEqual([]);
    expect(watched.complaints).toEqual([]);
  }, 60_000);

  it('lets nothing of a pause through', async () => {
    const before: CallPart[] = [0.5, [1, 'alan-01-balance'], 3];
    const { seconds: from } = await callRecording(2, before);
    const { seconds: to } = await callRecording(2, [...before, [1, 'alan-06-stolen'], 1.5]);
    await listenTo(page, 2, [...before, [1, 'alan-06-stolen'], 3, [1, 'noel-12-person'], 3]);
    await said(page, 'customer', 'what is my balance').waitFor();
    const pause = page.getByRole('button', { name: 'Pause' });
    await pause.click();
    expect(
      Number(
        await page
          .locator('#listen-position')
          .innerText()
          .then((text) => text.split(':')[1]),
      ),
    ).toBeLessThan(from);
    await state(page, 'paused').waitFor();
    await page.getByText('Nothing leaves this page').waitFor();
    await pictures(page, 'paused');
    expect(await accessibilityFaults(page)).toEqual([]);
    expect(await layoutFaults(page)).toEqual([]);
    await played(page, to);
    await page.getByRole('button', { name: 'Resume' }).click();
    await page.locator('#listen-paused').waitFor({ state: 'hidden' });
    await said(page, 'customer', 'speak to a person please').waitFor();
    await page.locator('.entry-gap', { hasText: /Paused for \d+\.\d s/ }).waitFor();
    await page.getByRole('button', { name: 'End', exact: true }).click();
    await outcome(page).waitFor();
    const link = await conversationsOf(page).getByRole('link').getAttribute('href');
    const { body } = await server.get(`/api/v1/conversations/${link!.split('/').at(-1)}`);
    expect(JSON.stringify(body)).toContain('speak to a person please');
    expect(JSON.stringify(body)).not.toContain('stolen');
    expect(await page.locator('#heard-entries').innerText()).not.toContain('stolen');
    expect(watched.complaints).toEqual([]);
  }, 60_000);

  it('is paused by operators as well', async () => {
    await page.getByLabel('What is listened to').selectOption({ label: 'My microphone' });
    await page.getByRole('button', { name: 'Start listening' }).click();
    await said(page, 'other', 'what is my balance').first().waitFor();
    const { sessions } = (await server.get('/api/v1/sessions')).body as { sessions: [{ session_id: string }] };
    const ask = (what: string): Promise<Response> =>
      fetch(`${server.url}/api/v1/sessions/${sessions[0].session_id}/${what}`, { method: 'POST' });
    await ask('pause');
    await state(page, 'paused').waitFor();
    await ask('resume');
    await state(page, 'live').waitFor();
    await page.getByRole('button', { name: 'End', exact: true }).click();
    await outcome(page).waitFor();
  });

  it('asks whether somebody was known by their voice', async () => {
    const sent: { type: string; speaker_id?: number; person_id?: string; segment_ids?: string[] }[] = [];
    await page.routeWebSocket(/listen\/ws/, (client) => {
      const upstream = client.connectToServer();
      client.onMessage((message) => {
        if (typeof message === 'string') sent.push(JSON.parse(message) as (typeof sent)[number]);
        upstream.send(message);
      });
      upstream.onMessage((message) => {
        client.send(message);
        if (typeof message !== 'string' || !message.includes('"person_id":null')) return;
        const [{ id, speaker_id }] = JSON.parse(message) as [{ id: string; speaker_id: number }];
        const person = { person_id: 'p1', person_name: 'Ann <b>', distance: 0.2, segments: [id] };
        client.send(JSON.stringify({ type: 'speaker_label_suggestion', speaker_id, ...person }));
      });
    });
    await page.reload();
    await listenTo(page, 2, [0.5, [1, 'alan-01-balance'], 9]);
    const suggestion = page.locator('.suggestion', { hasText: 'Customer sounds like Ann <b>.' });
    await suggestion.waitFor();
    await pictures(page, 'suggestion');
    expect(await accessibilityFaults(page)).toEqual([]);
    expect(await layoutFaults(page)).toEqual([]);
    await suggestion.getByRole('button', { name: 'Yes' }).click();
    await said(page, 'customer', 'Ann <b>').waitFor();
    await suggestion.waitFor({ state: 'detached' });
    expect(sent.filter(({ type }) => type === 'speaker_assigned')).toEqual([
      {
        type: 'speaker_assigned',
        segment_ids: [expect.any(String)],
        speaker_id: 1,
        person_id: 'p1',
        person_name: 'Ann <b>',
      },
    ]);
    await page.getByRole('button', { name: 'End', exact: true }).click();
    await outcome(page).waitFor();
  });

  it('goes on with a conversation when the connection breaks', async () => {
    await listenTo(page, 1, [0.5, [0, 'alan-01-balance'], 6, [0, 'alan-06-stolen'], 3]);
    await said(page, 'other', 'what is my balance').waitFor();
    network.cut();
    await notice(page, 'The connection was lost').waitFor();
    await notice(page, 'Connected again').waitFor();
    await said(page, 'other', 'my card was stolen').waitFor();
    expect(await conversationsOf(page).count()).toBe(1);
    expect(await said(page, 'other', 'what is my balance').count()).toBe(1);
    await page.getByRole('button', { name: 'End', exact: true }).click();
    await outcome(page).waitFor();
  }, 60_000);

  it('begins another conversation when a call of two lines was cut off', async () => {
    await listenTo(page, 2, [0.5, [1, 'alan-01-balance'], 8, [1, 'alan-06-stolen'], 3]);
    await said(page, 'customer', 'what is my balance').waitFor();
    network.cut();
    await notice(page, 'Connected again').waitFor();
    await page.getByText('A new conversation begins.').waitFor();
    await said(page, 'customer', 'my card was stolen').waitFor();
    await page.getByRole('button', { name: 'End', exact: true }).click();
    await outcome(page).nth(1).waitFor();
    expect(await conversationsOf(page).count()).toBe(2);
  }, 60_000);

  it('can be used with the keyboard alone, on a telephone', async () => {
    await page.setViewportSize({ width: 390, height: 844 });
    await page.goto(`http://127.0.0.1:${network.port}/`);
    const tabTo = async (id: string): Promise<void> => {
      for (let presses = 0; presses < 60; presses++) {
        await page.keyboard.press('Tab');
        if ((await focused(page)) === id) return;
      }
      throw new Error(`Tab does not lead to ${id}`);
    };
    const fits = (): Promise<boolean> => page.evaluate('document.documentElement.scrollWidth <= innerWidth');
    expect(await fits()).toBe(true);
    await tabTo('to-listen');
    await page.keyboard.press('Enter');
    await page.locator('#to-listen[aria-current=page]').waitFor();
    expect(await page.title()).toBe('Listen · Parley console');
    expect(await fits()).toBe(true);
    await tabTo('listen-origin');
    await page.keyboard.type('My mic');
    expect(await page.locator('#listen-origin').inputValue()).toBe('microphone');
    await page.keyboard.press('Alt+KeyC');
    await state(page, 'live').waitFor();
    await said(page, 'other', 'what is my balance').first().waitFor();
    await page.keyboard.press('Alt+KeyP');
    await state(page, 'paused').waitFor();
    expect(await page.locator('#listen-pause').getAttribute('aria-pressed')).toBe('true');
    await page.keyboard.press('Alt+KeyP');
    await state(page, 'live').waitFor();
    await page.keyboard.press('Alt+KeyH');
    await state(page, 'idle').waitFor();
    await outcome(page).waitFor();
    expect(await fits()).toBe(true);
    const open = outcome(page).getByRole('link');
    await open.focus();
    await page.keyboard.press('Enter');
    await page.locator('#said-entries .words', { hasText: 'what is my balance' }).first().waitFor();
    await page.locator('#insights').getByText('No model has read this.').waitFor();
    expect(await fits()).toBe(true);
    expect(await page.locator('#kept').isVisible()).toBe(false);
    await page.getByRole('link', { name: 'All conversations' }).focus();
    await page.keyboard.press('Enter');
    await page.locator('#kept .kept').first().waitFor();
    expect(await page.locator('#detail').isVisible()).toBe(false);
    expect(await fits()).toBe(true);
    expect(watched.complaints).toEqual([]);
  }, 60_000);

  it('says why it cannot listen', async () => {
    await page.getByLabel('Language').fill('xx');
    await page.getByLabel('What is listened to').selectOption({ label: 'My microphone' });
    await page.getByRole('button', { name: 'Start listening' }).click();
    await page.getByRole('alert').getByText('no recogniser for this language').waitFor();
    await state(page, 'idle').waitFor();
  });
});

describeInBrowser('the console, when it listens with a credential', () => {
  let folder: string;
  let server: TestServer;
  let browser: TestBrowser;
  beforeAll(async () => {
    folder = await mkdtemp(path.join(os.tmpdir(), 'parley-console-credential-'));
    browser = await TestBrowser.launch('refused');
    server = await startCalm({ AUTH_TOKENS: 'let-me-in', DATA_DIR: folder });
  });
  afterAll(async () => {
    await browser?.close();
    await server?.stop();
    await rm(folder, { recursive: true, force: true });
  });

  it('puts it in no address, and can hear what was recorded', async () => {
    const { page, dialled, requested } = await browser.open(`${server.url}/#/listen`);
    await page.getByLabel('This server asks for an access token').fill('let-me-in');
    expect(await page.getByRole('button', { name: 'Start listening' }).isDisabled()).toBe(true);
    await page.keyboard.press('Enter');
    await page.locator('#token-form').waitFor({ state: 'hidden' });
    const seconds = await listenTo(page, 2, [0.5, [1, 'alan-01-balance'], 1]);
    await outcome(page).getByRole('link').click();
    await page.getByRole('button', { name: /^Load the recording \(0:0\d\)$/ }).click();
    await page.locator('#timeline').waitFor();
    const audio = page.locator('#player-audio');
    expect(await audio.getAttribute('src')).toMatch(/^blob:/);
    const duration = await audio.evaluate((node) => (node as unknown as { duration: number }).duration);
    expect(duration).toBeGreaterThan(seconds - 1);
    expect(dialled).toEqual([expect.stringMatching(/[?&]token=bt_[\w-]+$/)]);
    expect(requested.filter((address) => address.includes('let-me-in'))).toEqual([]);
    await page.close();
    expect(await server.quiet()).toEqual(nothingHeld);
  }, 40_000);

  it('says that a microphone was refused', async () => {
    const { page } = await browser.open(`${server.url}/#/listen`);
    await page.getByLabel('This server asks for an access token').fill('let-me-in');
    await page.keyboard.press('Enter');
    await page.getByLabel('What is listened to').selectOption({ label: 'My microphone' });
    await page.getByRole('button', { name: 'Start listening' }).click();
    await page.getByRole('alert').getByText('The microphone was refused').waitFor();
    await state(page, 'idle').waitFor();
    await page.close();
    expect(await server.quiet()).toEqual(nothingHeld);
  });
});
