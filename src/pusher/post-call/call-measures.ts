import type { Insights } from '../../services/conversations/conversation-record.js';
import type { CallTurn, Leg } from './call-turns.js';

/** Who begins so long before the other one ends has interrupted; less is how people take turns. */
const OVERLAP_MS = 300;

interface Span {
  readonly startMs: number;
  readonly endMs: number;
}

/** @param turns in order of their beginning @param durationMs of the whole conversation. */
export function measuresOf(turns: readonly CallTurn[], durationMs: number): Insights['measures'] {
  const of = (leg: Leg): Span[] => turns.filter((turn) => turn.leg === leg);
  const agent = Math.round(covered(of('agent')));
  const customer = Math.round(covered(of('customer')));
  const whole = Math.max(durationMs, ...turns.map(({ endMs }) => endMs));
  return {
    duration_ms: Math.round(whole),
    agent_talk_ms: agent,
    customer_talk_ms: customer,
    agent_talk_ratio: agent + customer === 0 ? null : Math.round((agent / (agent + customer)) * 1000) / 1000,
    silence_ms: Math.round(Math.max(0, whole - covered(turns))),
    interruptions: { agent: interruptions(turns, 'agent'), customer: interruptions(turns, 'customer') },
    words: turns.reduce((sum, { text }) => sum + (text.match(/\S+/g)?.length ?? 0), 0),
  };
}

/** How long at least one of them lasts. @param spans in order of their beginning */
function covered(spans: readonly Span[]): number {
  let sum = 0;
  let until = 0;
  for (const { startMs, endMs } of spans) {
    sum += Math.max(0, endMs - Math.max(startMs, until));
    until = Math.max(until, endMs);
  }
  return sum;
}

function interruptions(turns: readonly CallTurn[], by: Leg): number {
  return turns.filter(
    ({ leg, startMs }) =>
      leg === by &&
      turns.some((other) => other.leg !== by && other.startMs < startMs && other.endMs - startMs >= OVERLAP_MS),
  ).length;
}
