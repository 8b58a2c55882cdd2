import { formatDuration } from '../kernel/duration.js';
import { messageOf } from '../kernel/errors.js';
import type { LifecycleListener, StepStatus } from './lifecycle-manager.js';

const SPINNER = ['⠋', '⠙', '⠹', '⠸', '⠼', '⠴', '⠦', '⠧', '⠇', '⠏'];

/** What the dashboard needs of a terminal. */
export interface Terminal {
  write(text: string): void;
}

/** Paints start-up on a terminal: each step as it happens, what it brought, the total, and then the deferred ones. */
export class StartupDashboard implements LifecycleListener {
  private spinner: NodeJS.Timeout | undefined;

  constructor(
    private readonly terminal: Terminal,
    private readonly title: string,
  ) {
    terminal.write(`\n  \x1b[1m${title}\x1b[0m\n\n`);
  }

  stepStarting(status: StepStatus): void {
    if (status.deferred) return;
    let turn = 0;
    const paint = (): void =>
      this.terminal.write(`\r  \x1b[36m${SPINNER[turn++ % SPINNER.length]}\x1b[0m ${status.name}…\x1b[K`);
    paint();
    this.spinner = setInterval(paint, 80).unref();
  }

  stepStarted(status: StepStatus): void {
    this.line(`\x1b[32m✓\x1b[0m ${row(status)}`);
  }

  stepFailed(status: StepStatus, retryInMs?: number): void {
    this.line(
      `\x1b[31m✗\x1b[0m ${row(status)}  ${status.error ?? ''}${retryInMs === undefined ? '' : ` (again in ${formatDuration(retryInMs)})`}`,
    );
  }

  criticalDone(statuses: readonly StepStatus[], queue: readonly StepStatus[], totalMs: number): void {
    this.line(`  \x1b[1mserving after ${formatDuration(totalMs)}\x1b[0m (${statuses.length} steps)`);
    if (queue.length > 0) this.line(`  in the background: ${namesOf(queue)}`);
  }

  deferredDone(statuses: readonly StepStatus[], totalMs: number): void {
    this.line(`  \x1b[1mready\x1b[0m: ${namesOf(statuses) || 'nothing deferred'} after ${formatDuration(totalMs)}`);
  }

  stepStopped(name: string, durationMs: number, error?: unknown): void {
    this.line(
      `\x1b[2m■ stopped ${name} in ${formatDuration(durationMs)}${error ? ` with ${messageOf(error)}` : ''}\x1b[0m`,
    );
  }

  /** The addresses, once the server listens. */
  links(rows: readonly (readonly [string, string])[]): void {
    this.terminal.write('\n');
    for (const [label, value] of rows) this.terminal.write(`    ${label.padEnd(12)} ${value}\n`);
    this.terminal.write('\n');
  }

  private line(text: string): void {
    clearInterval(this.spinner);
    this.terminal.write(`\r  ${text}\x1b[K\n`);
  }
}

function row(status: StepStatus): string {
  return `${status.name.padEnd(10)} ${formatDuration(status.durationMs).padStart(8)}  ${status.summary ?? ''}`.trimEnd();
}

function namesOf(statuses: readonly StepStatus[]): string {
  return statuses.map((status) => status.name).join(', ');
}
