import { describe } from '@jest/globals';
import { existsSync } from 'node:fs';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { type Browser, type Page, type WebSocket, chromium } from 'playwright-core';
import { readWav, writeWav } from '../../src/audio/wav.js';
import type { SessionEvent } from '../../src/conversation/session-events.js';

const executablePath = process.env['CHROMIUM_PATH'] ?? '/usr/bin/chromium';
const callers = fileURLToPath(new URL('../fixtures/callers/', import.meta.url));

/** Runs where there is Chromium. Elsewhere it is skipped, and says so; in CI it must not be missing. */
export function describeInBrowser(name: string, tests: () => void): void {
  if (existsSync(executablePath) || process.env['CI'] === 'true') {
    describe(name, tests);
    return;
  }
  process.stderr.write(`\nSKIPPED: ${name}: no Chromium at ${executablePath}; set CHROMIUM_PATH\n\n`);
  describe.skip(name, tests);
}

/** What the microphone gives from the moment it is opened: recordings of one rate, and seconds of silence between. */
export type MicrophoneTrack = readonly (string | number)[];

const RATE = 8000;
/** After the end of its file the fake microphone is not silent. */
const TRAILING_SILENCE_SECONDS = 60;

// As text: it runs in the page, whose types are not those of the tests.
const RECORD_VIOLATIONS = `
  globalThis.violations = [];
  addEventListener('securitypolicyviolation', (event) => violations.push(event.violatedDirective + ' ' + event.blockedURI));
`;

/** Chromium with a fake microphone; `refused` is a person who does not allow its use. */
export class TestBrowser {
  private constructor(
    private readonly browser: Browser,
    private readonly directory: string,
  ) {}

  static async launch(microphone: MicrophoneTrack | 'refused'): Promise<TestBrowser> {
    const directory = await mkdtemp(path.join(os.tmpdir(), 'parley-browser-'));
    const file = path.join(directory, 'microphone.wav');
    if (microphone !== 'refused') await writeFile(file, await recordingOf(microphone));
    const devices =
      microphone === 'refused'
        ? ['--use-fake-ui-for-media-stream=deny']
        : ['--use-fake-ui-for-media-stream', `--use-file-for-fake-audio-capture=${file}%noloop`];
    const browser = await chromium.launch({
      executablePath,
      args: [
        '--no-sandbox',
        '--disable-gpu',
        '--disable-quic',
        '--no-first-run',
        '--disable-background-networking',
        '--disable-component-update',
        '--disable-sync',
        '--use-fake-device-for-media-stream',
        '--autoplay-policy=no-user-gesture-required',
        ...devices,
      ],
    });
    return new TestBrowser(browser, directory);
  }

  async open(url: string): Promise<WatchedPage> {
    const page = await this.browser.newPage({ viewport: { width: 1440, height: 900 } });
    // Below the limit of a test, so that a failure says what did not come.
    page.setDefaultTimeout(12_000);
    const watched = new WatchedPage(page);
    await page.addInitScript({ content: RECORD_VIOLATIONS });
    await page.goto(url);
    return watched;
  }

  async close(): Promise<void> {
    await this.browser.close();
    await rm(this.directory, { recursive: true, force: true });
  }
}

/** A page, with everything that it complained of, asked for, and heard from the server. */
export class WatchedPage {
  /** Errors and warnings of the console, and exceptions. */
  readonly complaints: string[] = [];
  readonly hosts = new Set<string>();
  /** Addresses of everything that was asked for. */
  readonly requested: string[] = [];
  /** Addresses of the calls made from the page. */
  readonly dialled: string[] = [];
  /** Of the calls made from the page. */
  readonly events: SessionEvent[] = [];

  constructor(readonly page: Page) {
    page.on('console', (message) => {
      if (['error', 'warning'].includes(message.type())) this.complaints.push(message.text());
    });
    page.on('pageerror', (error) => this.complaints.push(String(error)));
    page.on('request', (request) => {
      this.hosts.add(new URL(request.url()).host);
      this.requested.push(request.url());
    });
    page.on('websocket', (socket) => this.watch(socket));
  }

  violations(): Promise<string[]> {
    return this.page.evaluate('violations');
  }

  types(): string[] {
    return this.events.map((event) => event.type);
  }

  private watch(socket: WebSocket): void {
    this.hosts.add(new URL(socket.url()).host);
    this.dialled.push(socket.url());
    socket.on('framereceived', ({ payload }) => {
      // Not JSON: what keeps sessions that listen open.
      if (typeof payload === 'string' && payload !== 'ping') this.events.push(JSON.parse(payload) as SessionEvent);
    });
  }
}

async function recordingOf(track: MicrophoneTrack): Promise<Buffer> {
  const pieces: Int16Array[] = [];
  for (const part of [...track, TRAILING_SILENCE_SECONDS]) {
    if (typeof part === 'number') {
      pieces.push(new Int16Array(part * RATE));
      continue;
    }
    const { sampleRate, channels } = readWav(await readFile(path.join(callers, part)));
    if (sampleRate !== RATE) throw new Error(`${part} has ${sampleRate} Hz, not ${RATE}`);
    pieces.push(channels[0]!);
  }
  const whole = new Int16Array(pieces.reduce((sum, piece) => sum + piece.length, 0));
  let at = 0;
  for (const piece of pieces) {
    whole.set(piece, at);
    at += piece.length;
  }
  return writeWav({ sampleRate: RATE, channels: [whole] });
}
