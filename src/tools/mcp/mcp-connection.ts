import type { Clock, Timer } from '../../kernel/clock.js';
import { ParleyError } from '../../kernel/errors.js';
import { inShort } from './mcp-failure.js';
import type { McpServerSettings } from './mcp-server-file.js';
import { McpSession, type RemoteTool, isAnswer, isForgotten } from './mcp-session.js';

const FIRST_PAUSE_MS = 1000;
const LONGEST_PAUSE_MS = 60_000;
/** What was connected for less, and did nothing, may have connected only to die again. */
const STEADY_MS = 60_000;

export interface McpConnectionParts {
  readonly settings: McpServerSettings;
  readonly clock: Clock;
  readonly pingMs: number;
  /** What the server offers now; nothing while it is not reached. */
  onTools(tools: readonly RemoteTool[]): void;
  onChange(line: string, level: 'log' | 'warn'): void;
}

/** Keeps one tool server connected: looks after it, and connects again with growing pauses when it is lost. */
export class McpConnection {
  private session: McpSession | undefined;
  private opening: Promise<void> | undefined;
  private timer: Timer | undefined;
  private pauseMs = FIRST_PAUSE_MS;
  private connectedAt = 0;
  private failure: string | undefined;
  private readonly closing = new AbortController();

  constructor(private readonly parts: McpConnectionParts) {}

  get settings(): McpServerSettings {
    return this.parts.settings;
  }

  get connected(): boolean {
    return this.session !== undefined;
  }

  /** Why it is not connected; undefined before the first try. */
  get problem(): string | undefined {
    return this.failure;
  }

  /** Connects now, unless it is connected. Rejects when that fails; it tries again by itself. */
  open(): Promise<void> {
    if (this.session || this.closing.signal.aborted) return Promise.resolve();
    this.timer?.cancel();
    return (this.opening ??= this.connect().finally(() => (this.opening = undefined)));
  }

  /** As `McpSession.call`. Rejects with a retryable `tool_failed` when the server cannot be reached. */
  async call(name: string, args: Record<string, unknown>, signal: AbortSignal): Promise<unknown> {
    const session = this.session ?? (await this.reopened());
    try {
      const answer = await session.call(name, args, signal);
      this.pauseMs = FIRST_PAUSE_MS;
      return answer;
    } catch (error) {
      if (signal.aborted || isAnswer(error)) throw error;
      this.lose(session, error);
      // It has restarted and does not know us; it has done nothing of what it was asked for.
      if (isForgotten(error)) return (await this.reopened()).call(name, args, signal);
      throw unreachable(error);
    }
  }

  async close(): Promise<void> {
    this.closing.abort();
    this.timer?.cancel();
    await this.opening?.catch(() => undefined);
    const { session } = this;
    this.session = undefined;
    await session?.close();
  }

  private async reopened(): Promise<McpSession> {
    await this.open().catch((error: unknown) => {
      throw unreachable(error);
    });
    if (!this.session) throw unreachable(new Error('it is closed'));
    return this.session;
  }

  private async connect(): Promise<void> {
    const { parts, settings } = this;
    let session: McpSession | undefined;
    try {
      const events = {
        toolsChanged: () => session && void this.list(session),
        closed: () => session && this.lose(session, new ParleyError('tool_failed', 'it has closed the connection')),
      };
      session = await McpSession.connect(settings, events, this.closing.signal);
      const tools = await session.tools(settings.connectTimeoutMs);
      this.closing.signal.throwIfAborted();
      this.session = session;
      this.failure = undefined;
      this.connectedAt = parts.clock.now();
      parts.onTools(tools);
      parts.onChange(`connected, ${tools.length} tools`, 'log');
      this.lookAfter(session);
    } catch (error) {
      await session?.close();
      this.failure = inShort(error, settings);
      this.openLater();
      throw error;
    }
  }

  private async list(session: McpSession): Promise<void> {
    try {
      const tools = await session.tools(this.settings.connectTimeoutMs);
      if (session !== this.session) return;
      this.parts.onTools(tools);
      this.parts.onChange(`has other tools now, ${tools.length}`, 'log');
    } catch (error) {
      this.lose(session, error);
    }
  }

  /** Until it is lost. */
  private lookAfter(session: McpSession): void {
    this.timer = this.parts.clock.setTimeout(() => {
      session.ping(this.settings.connectTimeoutMs).then(
        () => session === this.session && this.lookAfter(session),
        (error: unknown) => this.lose(session, error),
      );
    }, this.parts.pingMs);
  }

  private lose(session: McpSession, error: unknown): void {
    if (session !== this.session) return;
    this.session = undefined;
    this.failure = inShort(error, this.settings);
    if (this.parts.clock.now() - this.connectedAt >= STEADY_MS) this.pauseMs = FIRST_PAUSE_MS;
    this.parts.onTools([]);
    this.parts.onChange(`lost: ${this.failure}`, 'warn');
    void session.close();
    this.openLater();
  }

  private openLater(): void {
    if (this.closing.signal.aborted) return;
    this.timer?.cancel();
    this.timer = this.parts.clock.setTimeout(() => {
      // Only for tries of our own: calls that try in vain must not keep the next one away.
      this.pauseMs = Math.min(LONGEST_PAUSE_MS, this.pauseMs * 2);
      void this.open().catch(() => undefined);
    }, this.pauseMs);
  }
}

function unreachable(error: unknown): ParleyError {
  return new ParleyError('tool_failed', 'the service behind it cannot be reached', true, { cause: error });
}
