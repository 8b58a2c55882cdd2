import { Injectable } from '@nestjs/common';

/**
 * Whether this process is on its way out. Readiness and admission read it, so it is set in the first line of a
 * shutdown, before any hook of Nest or Terminus runs.
 */
@Injectable()
export class DrainState {
  private begun = false;
  private readonly listeners = new Set<() => void>();

  get draining(): boolean {
    return this.begun;
  }

  /** Idempotent. */
  begin(): void {
    if (this.begun) return;
    this.begun = true;
    for (const listener of this.listeners) listener();
    this.listeners.clear();
  }

  onBegin(listener: () => void): void {
    if (this.begun) listener();
    else this.listeners.add(listener);
  }
}
