import { describe, expect, it } from '@jest/globals';
import { stripVTControlCharacters } from 'node:util';
import type { StepStatus } from './lifecycle-manager.js';
import { StartupDashboard } from './startup-dashboard.js';

/** What a terminal shows: a line that is painted over shows its last state. */
class Screen {
  private raw = '';

  write(text: string): void {
    this.raw += text;
  }

  get lines(): string[] {
    return this.raw
      .split('\n')
      .map((line) => stripVTControlCharacters(line.split('\r').at(-1)!).trim())
      .filter(Boolean);
  }
}

const step = (name: string, more: Partial<StepStatus> = {}): StepStatus => ({
  name,
  deferred: false,
  state: 'started',
  attempts: 1,
  durationMs: 0,
  ...more,
});

describe('StartupDashboard', () => {
  it('shows each step with its duration and what it brought, the total, the queue and its results', () => {
    const screen = new Screen();
    const dashboard = new StartupDashboard(screen, 'Parley');
    dashboard.stepStarting(step('core'));
    expect(screen.lines.at(-1)).toBe('⠋ core…');
    dashboard.stepStarted(step('core', { durationMs: 1.2, summary: 'state in memory' }));
    dashboard.stepStarting(step('speech'));
    dashboard.stepStarted(step('speech', { durationMs: 1240 }));
    const queue = [step('warmup', { deferred: true }), step('mcp', { deferred: true })];
    dashboard.criticalDone([step('core'), step('speech')], queue, 1241);
    dashboard.links([['console', 'http://localhost:8000/']]);
    dashboard.stepFailed(step('mcp', { deferred: true, durationMs: 12, error: 'no answer' }), 1000);
    dashboard.deferredDone(queue, 2500);
    dashboard.stepStopped('speech', 12);
    dashboard.stepStopped('core', 3, new Error('stuck'));
    expect(screen.lines).toEqual([
      'Parley',
      '✓ core           1 ms  state in memory',
      '✓ speech       1.24 s',
      'serving after 1.24 s (2 steps)',
      'in the background: warmup, mcp',
      'console      http://localhost:8000/',
      '✗ mcp           12 ms  no answer (again in 1.00 s)',
      'ready: warmup, mcp after 2.50 s',
      '■ stopped speech in 12 ms',
      '■ stopped core in 3 ms with stuck',
    ]);
  });
});
