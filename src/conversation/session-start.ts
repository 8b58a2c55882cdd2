import type { Context } from '@opentelemetry/api';
import type { AgentSet } from '../agents/agent-set.js';
import { ConversationState } from './conversation-state.js';
import type { ResumeTicket } from './resume/resume-store.js';
import type { SessionSnapshot } from './resume/session-snapshot.js';

export interface SessionStart {
  readonly scenario: string;
  /** Where to begin; the scenario's start agent if undefined. */
  readonly agent: string | undefined;
  readonly tenant: string;
  /** Clock time since which the caller waits; from now on if undefined. */
  readonly since?: number | undefined;
  /** Whether the client can come back after its connection was lost. */
  readonly resumable: boolean;
  /** What it goes on with; scenario and agent are those of then. */
  readonly resumed?: ResumedSession | undefined;
  /** The trace of the request that opened it. */
  readonly traceParent?: Context | undefined;
}

export interface ResumedSession {
  readonly snapshot: SessionSnapshot;
  /** What the client gets for the next time. */
  readonly ticket: ResumeTicket;
}

/** Where a conversation begins: anew, or where it was when its connection was lost. @param newId if it is new */
export function stateAt(
  { scenario, agent, resumed }: SessionStart,
  newId: string,
  agents: AgentSet,
  historyMaxTokens: number,
  onChange: () => void,
): ConversationState {
  const snapshot = resumed?.snapshot;
  const chosen = agents.scenario(snapshot?.scenario ?? scenario);
  const speaking = agents.agent(snapshot?.agent ?? agent ?? chosen.start);
  return new ConversationState(snapshot?.sessionId ?? newId, chosen, speaking, historyMaxTokens, onChange, snapshot);
}
