import { expect, it } from '@jest/globals';
import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { ManualClock } from '../kernel/clock.js';
import { EmbeddedLlmClient } from '../llm/drivers/embedded/embedded-llm.client.js';
import { EndCallTool } from '../tools/builtin/end-call.tool.js';
import { TransferToHumanTool } from '../tools/builtin/transfer-to-human.tool.js';
import { ToolRegistry } from '../tools/tool-registry.js';
import { AgentCatalog } from './agent-catalog.js';
import { TextConversation } from './testing/text-conversation.js';

/** The code block after the line that names the file. */
function documented(file: string): string {
  const text = readFileSync('docs/agents.md', 'utf8').split('## A worked example')[1]!;
  const after = text.split(`\`${file}\`:\n`)[1]!;
  return /^\n```yaml\n([\s\S]*?)```/.exec(after)?.[1] ?? /^\n {4}(.*)\n/.exec(after)![1]!;
}

it('the worked example in docs/agents.md does what it says', async () => {
  const root = path.join(mkdtempSync(path.join(tmpdir(), 'parley-example-')), 'agents');
  const write = (file: string): void => {
    mkdirSync(path.dirname(path.join(root, '..', file)), { recursive: true });
    writeFileSync(path.join(root, '..', file), documented(file));
  };
  for (const file of ['agents/clock/agent.yaml', 'agents/clock/prompt.md', 'agents/scenarios/clock.yaml']) write(file);
  copyFileSync('agents/_defaults.yaml', path.join(root, '_defaults.yaml'));

  const clock = new ManualClock(Date.UTC(2026, 2, 18, 12));
  const registry = new ToolRegistry(clock);
  registry.register(new EndCallTool());
  registry.register(new TransferToHumanTool());
  const catalog = new AgentCatalog({ directory: root, scenario: 'clock' }, registry);
  catalog.load();
  const call = new TextConversation(catalog, registry, new EmbeddedLlmClient(clock), 'clock');
  expect((await call.say('Are you open tomorrow?')).said).toBe(
    'On March 19 we are open from nine to five. Is there anything else I can do for you?',
  );
  expect((await call.say('no thank you')).effects).toEqual([expect.objectContaining({ type: 'end' })]);
  rmSync(path.dirname(root), { recursive: true });
});
