export type TelemetryLevel = 'info' | 'warn';
type Sink = (level: TelemetryLevel, line: string) => void;

/** What there is to say about sending telemetry. It begins before there is a logger: until then it waits. */
export class TelemetryLog {
  private sink: Sink | undefined;
  private waiting: [TelemetryLevel, string][] = [];

  write(level: TelemetryLevel, line: string): void {
    if (this.sink) this.sink(level, line);
    else this.waiting.push([level, line]);
  }

  /** What waits, and everything from now on. */
  to(sink: Sink): void {
    this.sink = sink;
    for (const [level, line] of this.waiting) sink(level, line);
    this.waiting = [];
  }
}
