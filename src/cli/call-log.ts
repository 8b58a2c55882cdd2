import type { GenerationMetrics, SessionEvent } from '../conversation/session-events.js';

const DIM = '\x1b[2m';
const BOLD = '\x1b[1m';
const CYAN = '\x1b[36m';
const GREEN = '\x1b[32m';
const YELLOW = '\x1b[33m';
const RED = '\x1b[31m';
const OFF = '\x1b[0m';

/** Prints a call as it happens: who says what, which tools run, how long each answer took. */
export class CallLog {
  private readonly startedAt = performance.now();
  private readonly colour: boolean;
  private agent = '';

  constructor(private readonly output: NodeJS.WriteStream = process.stdout) {
    this.colour = output.isTTY;
  }

  event(event: SessionEvent): void {
    switch (event.type) {
      case 'session_started':
        return this.line(DIM, 'call', `session ${event.session_id} with ${event.agent}`);
      case 'transcription_finished':
        if (event.rejected) return this.line(YELLOW, 'caller', '(not understood)');
        return event.text === ''
          ? undefined
          : this.line(CYAN, 'caller', `${event.text}  ${this.dim(`(${Math.round(event.confidence * 100)} % sure)`)}`);
      case 'text_stream_start':
        this.agent = event.agent;
        return;
      case 'text_stream_stop':
        return this.line(GREEN, this.agent, event.text);
      case 'tool_end':
        return this.line(
          DIM,
          'tool',
          `${event.tool} ${event.ok ? 'done' : `failed: ${event.error}`} in ${event.duration_ms} ms`,
        );
      case 'audio_clear':
        return this.line(YELLOW, 'cut in', `after ${event.heard_ms} ms, heard: "${event.heard_text}"`);
      case 'handoff':
        return this.line(BOLD, 'handoff', `${event.from} → ${event.to} (${event.reason})`);
      case 'transfer':
        return this.line(BOLD, 'transfer', `to ${event.target} (${event.status})`);
      case 'generation_complete':
        return this.latency(event.outcome, event.metrics);
      case 'error':
        return this.line(RED, 'error', `${event.code}: ${event.message}`);
      case 'session_ended':
        return this.line(
          DIM,
          'call',
          `ended: ${event.reason}, ${event.turns} turns, ${(event.duration_ms / 1000).toFixed(1)} s`,
        );
      default:
        return;
    }
  }

  private latency(outcome: string, metrics: GenerationMetrics): void {
    const parts = Object.entries(metrics).map(
      ([name, value]) => `${name.replace(/_ms$/, '').replaceAll('_', ' ')} ${Math.round(value)}`,
    );
    if (parts.length > 0) this.line(DIM, '', this.dim(`└ ${outcome}; ms: ${parts.join(', ')}`));
  }

  private line(colour: string, who: string, text: string): void {
    const at = ((performance.now() - this.startedAt) / 1000).toFixed(1).padStart(6);
    const name = who.padEnd(13);
    this.output.write(this.colour ? `${DIM}${at}${OFF}  ${colour}${name}${OFF} ${text}\n` : `${at}  ${name} ${text}\n`);
  }

  private dim(text: string): string {
    return this.colour ? `${DIM}${text}${OFF}` : text;
  }
}
