import { afterAll, afterEach, beforeAll, expect, it } from '@jest/globals';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import type { Locator, Page } from 'playwright-core';
import { createApiKey } from '../src/auth/api-keys.js';
import { Conversations } from '../src/services/conversations/conversations.js';
import { accessibilityFaults } from './support/accessibility.js';
import { layoutFaults } from './support/layout.js';
import { TestBrowser, type WatchedPage, describeInBrowser } from './support/browser.js';
import { pictures } from './support/pictures.js';
import { TestCaller, TestServer, nothingHeld, withoutSpeech } from './support/test-server.js';

const people = ['acme', 'bank'].map((tenant) => createApiKey({ id: tenant, tenant, role: 'operator' }));
const visitor = createApiKey({ id: 'visitor', tenant: 'acme', role: 'caller' });
const admin = createApiKey({ id: 'root', tenant: 'ops', role: 'admin' });
const [acme, bank] = people.map(({ key }) => key) as [string, string];

describeInBrowser('operations in the console', () => {
  // Undefined when the one before could not be started.
  let folder: string;
  let server: TestServer;
  let browser: TestBrowser;
  let watched: WatchedPage;
  let page: Page;

  beforeAll(async () => {
    folder = await mkdtemp(path.join(os.tmpdir(), 'parley-console-operations-'));
    const keys = path.join(folder, 'keys.yaml');
    await writeFile(keys, JSON.stringify({ keys: [...people, visitor, admin].map(({ entry }) => entry) }));
    browser = await TestBrowser.launch('refused');
    server = await TestServer.start({
      ...withoutSpeech,
      GREETING: 'off',
      API_KEYS_FILE: keys,
      CONVERSATION_STORE: 'sqlite',
      DATA_DIR: folder,
    });
  });
  afterEach(async () => {
    const violations = await watched.violations();
    await page.close();
    expect(violations).toEqual([]);
    expect(await server.quiet()).toEqual(nothingHeld);
    expect([...watched.hosts]).toEqual([new URL(server.url).host]);
  });
  afterAll(async () => {
    await browser?.close();
    await server?.stop();
    await rm(folder, { recursive: true, force: true });
  });

  async function openAs(key: string, address = '/#/operations'): Promise<void> {
    watched = await browser.open(`${server.url}${address}`);
    page = watched.page;
    await page.getByLabel('This server asks for an access token').fill(key);
    await page.keyboard.press('Enter');
    await page.locator('#token-form').waitFor({ state: 'hidden' });
  }

  const live = (): Locator => page.locator('#lives .live');
  const words = (): Locator => page.locator('#followed-entries .words');
  const call = (key = acme): Promise<TestCaller> => TestCaller.dial(server, `?token=${key}`);

  it('show who speaks; one can read along, pause and hang up', async () => {
    const caller = await call();
    await caller.ask('what are your opening hours');
    await openAs(acme);
    await live().waitFor();
    expect(await live().innerText()).toMatch(/Concierge.*listening.*Banking · 1 turn · acme/s);
    await live().getByRole('link', { name: 'Read along' }).click();
    await words().nth(1).waitFor();
    expect(await words().allTextContents()).toEqual([
      'what are your opening hours',
      expect.stringContaining('nine to five'),
    ]);
    await caller.ask('what is my balance');
    await words().nth(3).waitFor();
    await pictures(page, 'operations', { wide: 'console-operations', narrow: 'console-operations-phone' });
    expect(await accessibilityFaults(page)).toEqual([]);
    expect(await layoutFaults(page)).toEqual([]);

    await live().getByRole('button', { name: 'Pause' }).click();
    await caller.next('paused');
    await live().getByRole('button', { name: 'Go on' }).waitFor();
    expect(await accessibilityFaults(page)).toEqual([]);
    expect(await layoutFaults(page)).toEqual([]);
    await live().getByRole('button', { name: 'Go on' }).click();
    await caller.next('resumed');
    await live().getByRole('button', { name: 'Hang up' }).click();
    const question = page.getByRole('dialog', { name: 'Hang up this call' });
    await question.waitFor();
    expect(await accessibilityFaults(page)).toEqual([]);
    expect(await layoutFaults(page)).toEqual([]);
    await question.getByRole('button', { name: 'Hang up' }).click();
    await caller.closed;
    await page.getByText('The call is over.').waitFor();
    await page.getByText('Nobody is speaking just now.').waitFor();
    expect(watched.complaints.filter((complaint) => !/40[14]/.test(complaint))).toEqual([]);
  }, 60_000);

  it('can be used with the keyboard alone', async () => {
    const caller = await call();
    await openAs(acme);
    await live().waitFor();
    const tabTo = async (part: string): Promise<void> => {
      for (let presses = 0; presses < 40; presses++) {
        await page.keyboard.press('Tab');
        if ((await page.evaluate<string | undefined>('document.activeElement.dataset.part')) === part) return;
      }
      throw new Error(`Tab does not lead to ${part}`);
    };
    await tabTo('read');
    await page.keyboard.press('Enter');
    await page.locator('#follow-card').waitFor();
    await tabTo('hang-up');
    await page.keyboard.press('Enter');
    await page.getByRole('dialog').waitFor();
    // The safe answer comes first.
    await page.keyboard.press('Tab');
    await page.keyboard.press('Enter');
    await caller.closed;
  });

  it('show the calls of one’s own tenant, to whoever may see them', async () => {
    const caller = await call();
    const { session_id: id } = await caller.next('session_started');
    await caller.ask('what are your opening hours');
    await openAs(bank, `/#/operations/${id}`);
    await page.getByText('Nobody is speaking just now.').waitFor();
    await page.getByText('The call is over.').waitFor();
    expect(await page.locator('body').innerText()).not.toContain('opening hours');
    await page.close();
    await openAs(visitor.key, `/#/operations/${id}`);
    await page.locator('#follow-said', { hasText: 'This needs the role "operator".' }).waitFor();
    await page.locator('#live-none', { hasText: 'This needs the role "operator".' }).waitFor();
    expect(await page.locator('body').innerText()).not.toContain('opening hours');
    await caller.hangUp();
  });

  it('show steps, pools, load, providers and what waits, and let admins read the agents again', async () => {
    await openAs(acme);
    await page
      .locator('#ops-providers tr', { hasText: /Model\s+embedded/ })
      .getByText('in use')
      .waitFor();
    await page.locator('#ops-pools tr', { hasText: 'Speech recognition' }).waitFor();
    await page.locator('#ops-steps li', { hasText: 'warmup' }).getByText('phrases ready to play').waitFor();
    await page.locator('#ops-load-level', { hasText: 'normal' }).waitFor();
    await page
      .locator('#ops-backlog div', { hasText: 'Links to the pusher' })
      .getByText(/^\d connected$/)
      .waitFor();
    await page.locator('#ops-backlog div', { hasText: 'Given up' }).waitFor();
    await page.locator('#ops-agents li', { hasText: 'Fraud desk' }).waitFor();
    await page.locator('#agents-version', { hasText: /^version [0-9a-f]{12} on ./ }).waitFor();
    expect(await page.locator('#ops-steps').innerText()).not.toMatch(/failed/);
    await page.locator('#agents-said', { hasText: 'needs the role "admin".' }).waitFor();
    expect(await page.getByRole('button', { name: 'Read again from the files' }).isDisabled()).toBe(true);
    await page.close();
    await openAs(admin.key);
    await page.getByRole('button', { name: 'Read again from the files' }).click();
    await page
      .locator('#agents-said', {
        hasText: /\d agents were read again on .* \(version .*Calls that go on keep theirs\./,
      })
      .waitFor();
    expect(await layoutFaults(page)).toEqual([]);
  }, 60_000);

  it('lead to what each answer took, in the conversation that was kept', async () => {
    const caller = await call();
    const { session_id: id } = await caller.next('session_started');
    await caller.ask('what are your opening hours');
    await caller.ask('what is my balance');
    await caller.hangUp();
    await server.app.get(Conversations, { strict: false }).written(5000);
    await openAs(acme, `/#/conversations/${id}`);
    const turn = page.locator('#kept-turns .turn', { hasText: 'what is my balance' });
    await turn.waitFor();
    expect(await turn.innerText()).toMatch(/text to audio.*\d ms.*LLM .*\d ms.*TTS .*\d ms/s);
    expect(await page.locator('#kept-turns .turn').count()).toBe(2);
    await page.locator('#insights', { hasText: 'No model has read this.' }).waitFor();
    await pictures(page, 'conversation-latency', { wide: 'console-latency' });
    expect(await accessibilityFaults(page)).toEqual([]);
    expect(await layoutFaults(page)).toEqual([]);
  }, 60_000);

  it.each(['/#/call', '/#/listen', '/#/conversations'])(
    'have views beside them that axe finds nothing wrong with: %s',
    async (address) => {
      await openAs(acme, address);
      await page.locator('#server-words', { hasText: 'Ready' }).waitFor();
      expect(await accessibilityFaults(page)).toEqual([]);
      expect(await layoutFaults(page)).toEqual([]);
    },
    60_000,
  );

  it('have nothing wrong for axe where a token is asked for', async () => {
    watched = await browser.open(`${server.url}/#/operations`);
    page = watched.page;
    await page.getByLabel('This server asks for an access token').waitFor();
    await page.getByText('Give an access token to see who is speaking.').waitFor();
    expect(await page.locator('body').innerText()).not.toContain('Nobody is speaking');
    expect(await accessibilityFaults(page)).toEqual([]);
    expect(await layoutFaults(page)).toEqual([]);
  }, 60_000);

  it('say what to do about a token that is refused, which is tried once only', async () => {
    watched = await browser.open(`${server.url}/#/operations`);
    page = watched.page;
    const asked: string[] = [];
    page.on('request', (request) => {
      if (request.headers()['authorization']) asked.push(new URL(request.url()).pathname);
    });
    await page.getByLabel('This server asks for an access token').fill('pk_wrong');
    await page.keyboard.press('Enter');
    await page.getByText('This token was not accepted.').waitFor();
    await page.waitForResponse((response) => response.url().endsWith('/api/v1/ready') && response.status() === 200);
    await page.waitForResponse((response) => response.url().endsWith('/api/v1/ready') && response.status() === 200);
    expect(asked).toEqual(['/api/v1/sessions']);
    await page.goto(`${server.url}/api/v1/docs`);
    await page.getByText('This token was not accepted. Give another one.').waitFor();
    await page.getByLabel('This server asks for an access token').fill(acme);
    await page.keyboard.press('Enter');
    await page.getByRole('heading', { name: 'Operations' }).waitFor();
  }, 60_000);

  it('lead to the API’s documentation, which works with nothing from elsewhere', async () => {
    await openAs(acme);
    await page.getByRole('link', { name: 'documentation' }).click();
    await page.getByRole('heading', { name: 'Operations' }).waitFor();
    await page.getByLabel('Find').fill('sessions');
    const route = page.locator('.route', { hasText: '/api/v1/sessions/{id}/transcript' });
    await route.locator('summary').first().click();
    await route.getByText('Needs the role operator.').waitFor();
    await route.getByText('curl -X GET').waitFor();
    await pictures(page, 'api', { wide: 'api' });
    expect(await accessibilityFaults(page)).toEqual([]);
    expect(await layoutFaults(page)).toEqual([]);
    await page.getByLabel('Find').fill('reload');
    await page.getByText(/^1 of \d+ routes$/).waitFor();
    expect(await page.locator('.route').count()).toBe(1);
    // A parameter, a field of a body, and words of a description.
    for (const [wanted, route] of [
      ['before', '/api/v1/conversations'],
      ['ttl_ms', '/api/v1/overrides'],
      ['agents handoffs', '/api/v1/agents/reload'],
    ] as const) {
      await page.getByLabel('Find').fill(wanted);
      await page.locator('.route', { hasText: route }).first().waitFor();
      await page.getByText(/^[1-3] of \d+ routes$/).waitFor();
    }
  }, 60_000);

  it('give the API’s document to who has a token, and say what to do without one', async () => {
    watched = await browser.open(`${server.url}/api/v1/docs`);
    page = watched.page;
    const token = page.getByLabel('This server asks for an access token');
    await token.waitFor();
    const link = page.getByRole('link', { name: 'openapi.json' });
    await link.click();
    await page.getByText('Give an access token, then use the link.').waitFor();
    expect(await page.evaluate('document.activeElement.id')).toBe('token');
    await page.keyboard.insertText(visitor.key);
    await page.keyboard.press('Enter');
    await page.getByRole('heading', { name: 'Operations' }).waitFor();
    const [download] = await Promise.all([page.waitForEvent('download'), link.click()]);
    expect(download.suggestedFilename()).toBe('openapi.json');
    expect(JSON.parse(await readFile(await download.path(), 'utf8'))).toMatchObject({ openapi: '3.1.0' });
  });

  it('keep the button that ends a call within reach on a phone', async () => {
    await openAs(acme, '/#/call');
    await page.setViewportSize({ width: 390, height: 844 });
    await page.getByRole('button', { name: 'Call without microphone' }).click();
    await page.locator('body[data-call=live]').waitFor();
    await page.getByLabel('Message to the agent').fill('what are your opening hours');
    await page.keyboard.press('Enter');
    await page.locator('.entry-agent .words', { hasText: 'nine to five' }).waitFor();
    await page.evaluate('scrollTo(0, document.body.scrollHeight)');
    const hangUp = page.getByRole('button', { name: 'Hang up' });
    const box = (await hangUp.boundingBox())!;
    expect(box.y + box.height).toBeLessThanOrEqual(844);
    expect(box.y).toBeGreaterThan(0);
    await pictures(page, 'call-live');
    expect(await accessibilityFaults(page)).toEqual([]);
    expect(await layoutFaults(page)).toEqual([]);
    await hangUp.click();
    await page.locator('body[data-call=idle]').waitFor();
  }, 60_000);
});
