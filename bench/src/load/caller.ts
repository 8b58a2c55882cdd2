import { FRAME_MS } from './twilio-messages.ts';
import type { Measurements } from './measurements.ts';

/** What the callers do. `silent` says nothing at all; `echo` expects its own frames back. */
export interface CallerScript {
  readonly kind: 'talking' | 'silent' | 'echo';
  readonly speechMs: number;
  /** When the next turn cuts into the answer, ms after it began to be heard; null hears it out. Repeated for ever. */
  readonly interruptAfterMs: readonly (number | null)[];
  readonly pauseMs: number;
  readonly answerMs: number;
  readonly answerLimitMs: number;
}

/** Loud audio starts a reply, and then only what stays away this long ends it early. */
const ANSWER_SILENCE_MS = 1500;
const JITTER_BUFFER_MS = 60;

type State =
  | { name: 'pausing'; until: number }
  | { name: 'speaking'; framesLeft: number; bargeInAt: number | null }
  | { name: 'waiting'; since: number; bargeInAt: number | null }
  | { name: 'listening'; since: number; heardMs: number; lastAt: number; lastMs: number; playhead: number };

/** One caller's turns, frame by frame. Times are the schedule's when it speaks, and arrival times when it hears. */
export class Caller {
  private state: State;
  private turn: number;
  private readonly script: CallerScript;
  private readonly seen: Measurements;

  constructor(script: CallerScript, seen: Measurements, speakAt: number, firstTurn: number) {
    this.script = script;
    this.seen = seen;
    this.turn = firstTurn;
    this.state = { name: 'pausing', until: speakAt };
  }

  /** Whether the frame scheduled at `due` is loud. */
  frameAt(due: number): boolean {
    if (this.script.kind !== 'talking') return false;
    const { state } = this;
    if (state.name === 'pausing') return due >= state.until && this.speak(null);
    if (state.name === 'speaking') return this.goOnSpeaking(state, due);
    if (state.name === 'listening') return this.listen(state, due);
    if (due - state.since > this.script.answerLimitMs) this.giveUp(due);
    return false;
  }

  /** `loud` is only asked while an answer is awaited: deciding it costs. */
  onAudio(at: number, durationMs: number, loud: () => boolean): void {
    const { state, seen } = this;
    if (state.name === 'waiting') {
      // Until the old answer is cleared, what is loud may still be the old one.
      if (state.bargeInAt !== null || !loud()) return;
      if (seen.recording) seen.voiceToVoice.add(at - state.since);
      this.state = {
        name: 'listening',
        since: at,
        heardMs: durationMs,
        lastAt: at,
        lastMs: durationMs,
        playhead: at + JITTER_BUFFER_MS + durationMs,
      };
    } else if (state.name === 'listening') {
      const starvedMs = Math.max(0, at - state.playhead);
      if (seen.recording) {
        seen.gap.add(at - state.lastAt - state.lastMs);
        seen.counts.heardMs += durationMs;
        seen.counts.starvedMs += starvedMs;
      }
      state.heardMs += durationMs;
      state.lastAt = at;
      state.lastMs = durationMs;
      state.playhead += starvedMs + durationMs;
    } else if (state.name === 'speaking' && state.bargeInAt === null && seen.recording) seen.counts.framesStale++;
  }

  onClear(at: number): void {
    const { state, seen } = this;
    if ((state.name !== 'speaking' && state.name !== 'waiting') || state.bargeInAt === null) return;
    if (seen.recording) seen.bargeIn.add(at - state.bargeInAt);
    state.bargeInAt = null;
  }

  private speak(bargeInAt: number | null): true {
    const frames = Math.round(this.script.speechMs / FRAME_MS);
    this.state = { name: 'speaking', framesLeft: frames - 1, bargeInAt };
    return true;
  }

  private goOnSpeaking(state: State & { name: 'speaking' }, due: number): boolean {
    if (state.framesLeft > 0) {
      state.framesLeft--;
      return true;
    }
    if (this.seen.recording) {
      this.seen.counts.turns++;
      if (state.bargeInAt !== null) this.seen.counts.uncleared++;
    }
    this.state = { name: 'waiting', since: due - FRAME_MS, bargeInAt: state.bargeInAt };
    return false;
  }

  private giveUp(due: number): void {
    if (this.seen.recording) this.seen.counts.unanswered++;
    this.nextTurn(due);
  }

  private listen(state: State & { name: 'listening' }, due: number): boolean {
    const { interruptAfterMs, answerMs } = this.script;
    const cut = interruptAfterMs[this.turn % interruptAfterMs.length] ?? null;
    if (cut !== null && due - state.since >= cut && due < state.playhead) {
      this.turn++;
      return this.speak(due);
    }
    const complete = state.heardMs >= answerMs - FRAME_MS / 2;
    // With everything received, the caller still hears it to its end.
    const over = complete ? due - state.since >= answerMs : due - state.lastAt > ANSWER_SILENCE_MS + state.lastMs;
    if (!over) return false;
    if (this.seen.recording && cut === null) {
      this.seen.counts.answersInFull++;
      this.seen.counts.framesMissing += Math.max(0, Math.round((answerMs - state.heardMs) / FRAME_MS));
    }
    this.nextTurn(due);
    return false;
  }

  private nextTurn(due: number): void {
    this.turn++;
    this.state = { name: 'pausing', until: due + this.script.pauseMs };
  }
}
