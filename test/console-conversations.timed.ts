import { afterAll, afterEach, beforeAll, expect, it } from '@jest/globals';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import type { Locator, Page } from 'playwright-core';
import { createApiKey } from '../src/auth/api-keys.js';
import { JobQueue } from '../src/pusher/jobs/job-queue.js';
import type { ConversationRecord } from '../src/services/conversations/conversation-record.js';
import { Conversations } from '../src/services/conversations/conversations.js';
import { accessibilityFaults } from './support/accessibility.js';
import { layoutFaults } from './support/layout.js';
import { TestBrowser, type WatchedPage, describeInBrowser } from './support/browser.js';
import { pictures } from './support/pictures.js';
import { TestServer, withoutSpeech } from './support/test-server.js';

const people = ['acme', 'bank'].map((tenant) => createApiKey({ id: tenant, tenant, role: 'operator' }));
const visitor = createApiKey({ id: 'visitor', tenant: 'acme', role: 'caller' });
const admin = createApiKey({ id: 'root', tenant: 'ops', role: 'admin' });
const [acme, bank] = people.map(({ key }) => key) as [string, string];

const call: ConversationRecord = {
  id: 'call-1',
  kind: 'voice',
  tenant: 'acme',
  scenario: 'banking',
  agent: 'fraud_desk',
  status: 'completed',
  startedAt: '2026-11-20T10:00:00.000Z',
  updatedAt: '2026-11-20T10:00:30.000Z',
  endReason: 'hangup',
  entries: [
    { id: 't1', at_ms: 1000, role: 'caller', source: 'voice', text: 'my card was stolen', rejected: false },
    { id: 'g1', at_ms: 3000, role: 'agent', agent: 'fraud_desk', text: 'I will block it.', outcome: 'interrupted' },
    { id: 'c1', at_ms: 5000, role: 'tool', agent: 'fraud_desk', tool: 'block_card', ok: true },
  ],
  insights: {
    job_id: 'process.call-1.1',
    generation: 1,
    processed_at: '2026-11-20T10:00:30.000Z',
    made_by: 'model',
    model: 'aoai',
    notice: null,
    title: 'A stolen <img src=x onerror=alert(1)> card',
    overview: 'The card was blocked.',
    disposition: 'follow_up',
    action_items: [{ text: 'Send a new card', owner: 'agent' }],
    entities: [{ kind: 'card', text: 'ending in 4242' }],
    sentiment: { agent: 'positive', customer: 'negative' },
    measures: {
      duration_ms: 9000,
      agent_talk_ms: 1000,
      customer_talk_ms: 3000,
      agent_talk_ratio: 0.25,
      silence_ms: 4500,
      interruptions: { agent: 0, customer: 1 },
      words: 8,
    },
  },
};
const live: ConversationRecord = {
  ...call,
  id: 'live-1',
  kind: 'listen',
  status: 'in_progress',
  startedAt: '2026-11-20T11:00:00.000Z',
  updatedAt: '2026-11-20T11:00:02.000Z',
  endReason: null,
  entries: [],
  insights: undefined,
  listened: {
    owner: 'somebody',
    language: 'en',
    source: 'desk 7',
    channels: 2,
    consent: 'granted',
    segments: [],
    gaps: [{ start: 0, end: 2.5, of: 'audio', reason: 'disconnected' }],
    people: { p1: 'Ann' },
  },
};
const hello = {
  id: 's1',
  text: 'Hello there',
  speaker: 'SPEAKER_01',
  speaker_id: 1,
  is_user: false,
  person_id: 'p1',
  start: 3,
  end: 4,
  stt_provider: 'scripted',
};

describeInBrowser('conversations in the console', () => {
  // Undefined when the one before could not be started.
  let folder: string;
  let server: TestServer;
  let browser: TestBrowser;
  let watched: WatchedPage;
  let page: Page;

  beforeAll(async () => {
    folder = await mkdtemp(path.join(os.tmpdir(), 'parley-console-conversations-'));
    const keys = path.join(folder, 'keys.yaml');
    await writeFile(keys, JSON.stringify({ keys: [...people, visitor, admin].map(({ entry }) => entry) }));
    browser = await TestBrowser.launch('refused');
    server = await TestServer.start({
      ...withoutSpeech,
      API_KEYS_FILE: keys,
      CONVERSATION_STORE: 'sqlite',
      DATA_DIR: folder,
      JOB_ATTEMPTS: '1',
    });
  });
  afterEach(async () => {
    const violations = await watched.violations();
    await page.close();
    expect(violations).toEqual([]);
  });
  afterAll(async () => {
    await browser?.close();
    await server?.stop();
    await rm(folder, { recursive: true, force: true });
  });

  async function openAs(key: string, address = '/#/conversations'): Promise<void> {
    watched = await browser.open(`${server.url}${address}`);
    page = watched.page;
    await page.getByLabel('This server asks for an access token').fill(key);
    await page.keyboard.press('Enter');
    await page.locator('#token-form').waitFor({ state: 'hidden' });
  }

  const store = (record: ConversationRecord): Promise<unknown> =>
    server.app.get(Conversations, { strict: false }).change(record.tenant, record.id, () => record);
  const kept = (title: string): Locator => page.locator('#kept .kept', { hasText: title });
  const words = (): Locator => page.locator('#said-entries .words');

  it('are listed, the newest first, and shown whole', async () => {
    await store(call);
    await store(live);
    await openAs(acme);
    await kept('live-1').waitFor();
    const titles = page.locator('#kept .kept-title');
    expect(await titles.allTextContents()).toEqual(['Conversation live-1', call.insights!.title]);
    await page.getByLabel('Show').selectOption({ label: 'finished' });
    expect(await titles.allTextContents()).toEqual([call.insights!.title]);
    await page.getByLabel('Show').selectOption({ label: 'all' });

    await kept('A stolen').getByRole('link').click();
    await page.getByRole('heading', { name: call.insights!.title }).waitFor();
    await words().nth(1).waitFor();
    expect(await words().allTextContents()).toEqual(['my card was stolen', 'I will block it.']);
    expect(await page.locator('#said-entries .tag').allTextContents()).toEqual(['cut off']);
    await page.locator('#said-entries code', { hasText: 'block_card' }).waitFor();
    expect(await page.locator('#insights').innerText()).toMatch(
      /Read by aoai\.\s+The card was blocked\.\s+Outcome\s+Follow up\s+Agent\s+Positive\s+Caller\s+Negative.*Send a new card\s+agent.*Card\s+ending in 4242.*Agent 25 %\s+Customer 75 %\s+Duration\s+9\.0 s\s+Silence\s+4\.5 s \(50 %\)/s,
    );
    await page.getByText('It was not recorded.').waitFor();
    expect(await page.locator('#detail-facts').innerText()).toMatch(
      /0:09 · with our agent \(Banking\) · ended: hangup/,
    );
    await pictures(page, 'call');
    expect(await accessibilityFaults(page)).toEqual([]);
    expect(await layoutFaults(page)).toEqual([]);
    expect(watched.complaints.filter((complaint) => !complaint.includes('401'))).toEqual([]);
  });

  it('are shown while they last, and what comes of them', async () => {
    await store(live);
    await openAs(acme, '/#/conversations/live-1');
    await page
      .locator('#said-entries .entry-gap', { hasText: '2.5 s were not heard: the connection was lost' })
      .waitFor();
    await page.getByText('The conversation is going on.').waitFor();
    expect(await page.getByRole('button', { name: 'Read again' }).isDisabled()).toBe(true);
    expect(await page.locator('#detail-facts').innerText()).toMatch(/listened to · consent granted · desk 7/);
    await store({ ...live, listened: { ...live.listened!, segments: [hello] } });
    await words().getByText('Hello there').waitFor();
    await page.locator('#said-entries .who', { hasText: 'Ann' }).waitFor();
    await kept('1 line').waitFor();
    await store({ ...live, status: 'completed', insights: { ...call.insights!, title: 'A greeting' } });
    await page.getByRole('heading', { name: 'A greeting' }).waitFor();
    await kept('A greeting').getByText('finished').waitFor();
  });

  it('are read again, told again and deleted by operators', async () => {
    await store({ ...call, id: 'call-2' });
    await openAs(acme, '/#/conversations/call-2');
    await page.getByRole('button', { name: 'Tell webhooks again' }).click();
    await page.getByText('Nobody is to be told: no webhooks are set up.').waitFor();
    await page.getByRole('button', { name: 'Read again' }).click();
    await page.locator('#insights', { hasText: 'for the second time' }).waitFor();
    await page.getByText('No model has read this.').waitFor();

    const remove = page.getByRole('button', { name: 'Delete' });
    await remove.click();
    const question = page.getByRole('dialog', { name: 'Delete this conversation for good' });
    await question.waitFor();
    await page.keyboard.press('Escape');
    await question.waitFor({ state: 'hidden' });
    expect(await server.app.get(Conversations, { strict: false }).find('acme', 'call-2')).toBeDefined();
    await remove.click();
    await question.getByRole('button', { name: 'Delete' }).click();
    await page.locator('#detail').waitFor({ state: 'hidden' });
    expect(await server.app.get(Conversations, { strict: false }).find('acme', 'call-2')).toBeUndefined();
    await page.waitForURL(/#\/conversations$/);
  });

  it('leave work that was given up, which can be tried again or dropped', async () => {
    const queue = server.app.get(JobQueue, { strict: false });
    await queue.put({ id: 'process.lost.1', kind: 'process', payload: { tenant: 'acme', nonsense: true } });
    await openAs(acme);
    const letter = page.locator('#dead-letters .letter', { hasText: 'process.lost.1' });
    await letter.getByText('The job asks for nothing that is known here').waitFor();
    await pictures(page, 'work');
    expect(await accessibilityFaults(page)).toEqual([]);
    expect(await layoutFaults(page)).toEqual([]);
    await letter.getByRole('button', { name: 'Try again' }).click();
    while ((await queue.stateOf('process.lost.1')) !== 'dead') await new Promise((resolve) => setImmediate(resolve));
    await letter.getByRole('button', { name: 'Drop' }).click();
    await page.getByRole('dialog', { name: 'Drop this work for good' }).getByRole('button', { name: 'Drop' }).click();
    await letter.waitFor({ state: 'detached' });
    expect(await queue.stateOf('process.lost.1')).toBeUndefined();
  });

  it('are those of one tenant, for who may see them', async () => {
    await store(call);
    await openAs(bank, '/#/conversations/call-1');
    await page.getByText('The tenant bank has none yet.').waitFor();
    expect(await page.getByLabel('Tenant').isVisible()).toBe(false);
    await page.getByText('There is no such conversation.').waitFor();
    expect(await page.locator('body').innerText()).not.toContain('stolen');
    await page.close();
    await openAs(visitor.key, '/#/conversations/call-1');
    await page.locator('#kept-problem', { hasText: 'This needs the role "operator".' }).waitFor();
    expect(await page.locator('body').innerText()).not.toContain('stolen');
    expect(await page.locator('#jobs').isVisible()).toBe(false);
  });

  it('are those of any tenant for an admin, who chooses one', async () => {
    await store(call);
    await openAs(admin.key);
    await page.getByText('The tenant ops has none yet.').waitFor();
    await page.getByLabel('Tenant').fill('acme');
    await page.keyboard.press('Enter');
    await kept('A stolen').getByRole('link').click();
    await page.waitForURL(/#\/conversations\/call-1\?tenant=acme$/);
    await words().getByText('my card was stolen').waitFor();
    await page.getByText('It was not recorded.').waitFor();
    expect(await accessibilityFaults(page)).toEqual([]);
    expect(await layoutFaults(page)).toEqual([]);
    await page.getByRole('button', { name: 'Tell webhooks again' }).click();
    await page.getByText('Nobody is to be told: no webhooks are set up.').waitFor();

    await page.reload();
    await words().getByText('my card was stolen').waitFor();
    expect(await page.getByLabel('Tenant').inputValue()).toBe('acme');
    await page.getByLabel('Tenant').fill('a b');
    await page.keyboard.press('Enter');
    await page.locator('#kept-problem', { hasText: 'is not the name of a tenant' }).waitFor();
    expect(await kept('A stolen').count()).toBe(0);
    await page.getByLabel('Tenant').fill('nobody');
    await page.keyboard.press('Enter');
    await page.getByText('The tenant nobody has none yet.').waitFor();
    await page.getByLabel('Tenant').fill('');
    await page.keyboard.press('Enter');
    await page.getByText('The tenant ops has none yet.').waitFor();
    await page.waitForURL(/#\/conversations$/);
  }, 60_000);

  it('are one’s own for an operator, whatever the address says', async () => {
    await store(call);
    await openAs(bank, '/#/conversations/call-1?tenant=acme');
    await page.getByText('The tenant bank has none yet.').waitFor();
    await page.getByText('There is no such conversation.').waitFor();
    expect(await page.locator('body').innerText()).not.toContain('stolen');
  });

  it('that are older are there when they are asked for', async () => {
    const days = Array.from({ length: 55 }, (_, i) => new Date(Date.UTC(2020, 0, 1 + i)).toISOString());
    for (const [i, startedAt] of days.entries()) await store({ ...call, id: `old-${i}`, tenant: 'bank', startedAt });
    await openAs(bank);
    const rows = page.locator('#kept .kept');
    await rows.nth(49).waitFor();
    expect(await rows.count()).toBe(50);
    await page.getByRole('button', { name: 'Older ones' }).click();
    await rows.nth(54).waitFor();
    expect(await page.getByRole('button', { name: 'Older ones' }).isVisible()).toBe(false);
    expect(await rows.last().locator('a').getAttribute('href')).toBe('#/conversations/old-0');
  });
});

describeInBrowser('conversations in the console of a process that does no work after calls', () => {
  it('can neither be read again nor told again there', async () => {
    const folder = await mkdtemp(path.join(os.tmpdir(), 'parley-console-conversations-'));
    const browser = await TestBrowser.launch('refused');
    const server = await TestServer.start({
      ...withoutSpeech,
      PARLEY_ROLE: 'voice',
      PUSHER_URL: 'ws://127.0.0.1:9',
      PUSHER_SECRET: 'a-secret-of-the-tests-that-is-long-enough',
      CONVERSATION_STORE: 'sqlite',
      DATA_DIR: folder,
    });
    try {
      const conversations = server.app.get(Conversations, { strict: false });
      await conversations.change('default', 'call-1', () => ({ ...call, tenant: 'default' }));
      const { page } = await browser.open(`${server.url}/#/conversations/call-1`);
      await page.getByRole('heading', { name: call.insights!.title }).waitFor();
      await page.getByRole('button', { name: 'Read again' }).waitFor({ state: 'hidden' });
      expect(await page.getByRole('button', { name: 'Tell webhooks again' }).isVisible()).toBe(false);
      expect(await page.getByRole('button', { name: 'Delete' }).isVisible()).toBe(true);
      expect(await page.locator('#jobs').isVisible()).toBe(false);
    } finally {
      await server.stop();
      await browser.close();
      await rm(folder, { recursive: true, force: true });
    }
  });
});
