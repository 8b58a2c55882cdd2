import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { mkdirSync, mkdtempSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import {
  AgentsInvalidError,
  describeFault,
  type LoadedAgents,
  loadAgents,
  loadAgentsBetweenCalls,
} from './agent-loader.js';
import { ShippedAgents } from './testing/shipped-agents.js';

const DEFAULTS = `
language: en-US
voice: { name: slt, rate: 1, pitch: 0 }
on_new_input: interrupt
no_input: { after_ms: 8000, reprompts: [Hello?], action: { type: end, text: Goodbye. } }
barge_in: { enabled: true, backchannels: [okay] }
apology: Sorry.
tools: [get_balance]
dialogue:
  intents:
    thanks: { examples: [thank you], replies: [{ say: You are welcome. }] }
`;

const tools = new Map([
  ['get_balance', ['account']],
  ['handoff_to_agent', ['target', 'reason']],
]);

let root: string;

beforeEach(() => {
  root = path.join(mkdtempSync(path.join(tmpdir(), 'parley-agents-')), 'agents');
  write('_defaults.yaml', DEFAULTS);
  write('desk/agent.yaml', 'description: The desk.\n');
  write('desk/prompt.md', 'You are {{ agent.name }}.\n');
});

afterEach(() => rmSync(path.dirname(root), { recursive: true }));

function write(file: string, text: string): void {
  mkdirSync(path.dirname(path.join(root, file)), { recursive: true });
  writeFileSync(path.join(root, file), text);
}

function load(): LoadedAgents {
  return loadAgents({ directory: root, tools, voices: ['slt', 'rms'], languages: ['en'] });
}

function faults(): string[] {
  try {
    load();
  } catch (error) {
    if (error instanceof AgentsInvalidError) return error.faults.map(describeFault);
    throw error;
  }
  return [];
}

describe('loading agents', () => {
  it('merges the defaults under each agent, key by key', () => {
    write('desk/agent.yaml', 'description: The desk.\nvoice: { pitch: -2 }\nbarge_in: { backchannels: [uh-huh] }\n');
    const [agent] = load().agents;
    expect(agent).toMatchObject({
      name: 'desk',
      voice: { name: 'slt', rate: 1, pitch: -2, language: 'en-US' },
      bargeIn: { enabled: true, backchannels: ['uh-huh'] },
      noInput: { afterMs: 8000, action: { type: 'end', text: 'Goodbye.' } },
    });
    expect(agent!.renderPrompt({ agent: { name: 'desk' } })).toBe('You are desk.\n');
  });

  it('takes away with null what the defaults say', () => {
    write('desk/agent.yaml', 'description: The desk.\ndialogue: { intents: { thanks: null } }\n');
    expect(load().agents[0]!.dialogue.intents).toEqual({});
  });

  it('names file, line, column and field of an unknown key', () => {
    write('desk/agent.yaml', 'description: The desk.\nvoice:\n  name: slt\n  speed: 2\n');
    expect(faults()).toEqual([
      'agents/desk/agent.yaml:4:3 voice.speed: unknown key; there are name, providers, rate, pitch',
    ]);
  });

  it('refuses a language that nobody understands and speaks', () => {
    write('desk/agent.yaml', 'description: The desk.\nlanguage: de-DE\n');
    expect(faults()).toEqual([
      'agents/desk/agent.yaml:2:11 language: "de-DE" is not understood and spoken here; allowed are en',
    ]);
    write('desk/agent.yaml', 'description: The desk.\nlanguage: en-GB\n');
    expect(faults()).toEqual([]);
  });

  it('reports every fault of every file at once', () => {
    write('desk/agent.yaml', 'description: The desk.\nvoice: { name: robot }\ntools: [fly]\n');
    write('other/agent.yaml', 'description: Another.\nlanguage: 7\n');
    write('other/prompt.md', 'Hello {{ nobody }}.');
    write('scenarios/day.yaml', 'description: A day.\nstart: desk\nagents: [desk, ghost]\n');
    expect(faults()).toEqual([
      'agents/desk/agent.yaml:2:16 voice.name: there is no voice "robot"; there are slt, rms',
      'agents/desk/agent.yaml:3:9 tools[0]: there is no tool "fly"; there are get_balance, handoff_to_agent',
      'agents/other/agent.yaml:2:11 language: Invalid input: expected string, received number',
      'agents/scenarios/day.yaml:3:16 agents[1]: there is no agent "ghost"; there are desk, other',
      'agents/scenarios/day.yaml:3:16 agents[1]: no handoff leads from "desk" to "ghost"',
    ]);
  });

  it('says where YAML itself is broken', () => {
    write('desk/agent.yaml', 'description: "The desk.\nvoice: {\n');
    expect(faults()).toEqual([expect.stringMatching(/^agents\/desk\/agent\.yaml:\d+:\d+ Missing closing/)]);
  });

  it('points at the defaults for a fault that is theirs, once', () => {
    write('_defaults.yaml', DEFAULTS.replace('after_ms: 8000', 'after_ms: 1'));
    write('other/agent.yaml', 'description: Another.\n');
    write('other/prompt.md', 'Hello.');
    expect(faults()).toEqual(['agents/_defaults.yaml:5:23 no_input.after_ms: Too small: expected number to be >=1000']);
  });

  it('finds the line of a broken template inside a block of text', () => {
    write('desk/agent.yaml', 'description: The desk.\napology: |\n  One.\n  {{ two | shout }}\n');
    expect(faults()).toEqual(['agents/desk/agent.yaml:4:1 apology: undefined filter: shout']);
  });

  it('finds the line of a broken prompt, and variables that nothing sets', () => {
    write('desk/prompt.md', 'Hello.\n{% if %}\n');
    expect(faults()).toEqual([expect.stringMatching(/^agents\/desk\/prompt\.md:2:1 /)]);
    write('desk/prompt.md', 'Hello {{ weather }}.');
    expect(faults()).toEqual([expect.stringContaining('nothing sets the variable "weather"')]);
  });

  it.each([
    ['an unknown slot in a phrase', "examples: ['block {card}'], replies: [{ say: Ok. }]", 'there is no slot "card"'],
    ['a bracket that never closes', "examples: ['[please block'], replies: [{ say: Ok. }]", 'a "[" has no "]"'],
    ['upper case in a phrase', 'examples: [Block it], replies: [{ say: Ok. }]', 'only lower-case words'],
    [
      'an unknown slot to ask for',
      'examples: [block], slots: [card], replies: [{ say: Ok. }]',
      'there is no slot "card"',
    ],
    ['a tool the agent has not', 'examples: [block], tool: block_card', '"block_card" is not in the agent\'s tools'],
    ['an unknown argument', 'examples: [block], tool: get_balance, arguments: { day: x }', 'has no parameter "day"'],
    [
      'an unknown required intent',
      'examples: [block], requires: pin, replies: [{ say: Ok. }]',
      'there is no intent "pin"',
    ],
    [
      'a circle of requirements',
      'examples: [block], requires: task, replies: [{ say: Ok. }]',
      'goes round in a circle',
    ],
    [
      'a handoff to nobody',
      'examples: [block], replies: [{ next: { handoff: ghost, reason: x } }]',
      'there is no agent "ghost"',
    ],
    ['an intent that does nothing', 'examples: [block]', 'needs a tool, replies or a command'],
    [
      'a phrase that another intent has',
      'examples: [thank you], replies: [{ say: Ok. }]',
      'is an example of "thanks" as well',
    ],
    [
      'a slot nothing fills',
      "examples: [block], replies: [{ say: 'Your {{ slots.card }}.' }]",
      'there is no slot "card"',
    ],
    ['a broken condition', "examples: [block], replies: [{ when: 'a | nope', say: Ok. }]", 'undefined filter: nope'],
    ['an unknown step', 'examples: [block], replies: [{ next: jump }]', 'must be done, listen, retry'],
  ])('finds %s', (_, intent, message) => {
    write('desk/agent.yaml', `description: The desk.\ndialogue:\n  intents:\n    task: { ${intent} }\n`);
    expect(faults()).toEqual(expect.arrayContaining([expect.stringContaining(message)]));
    expect(faults()[0]).toMatch(/^agents\/desk\/agent\.yaml:4:\d+ dialogue\.intents\.task/);
  });

  it('says so when keys are missing because there are no defaults', () => {
    rmSync(path.join(root, '_defaults.yaml'));
    expect(faults()).toContain(
      'agents/desk/agent.yaml:1:1 on_new_input: is missing, and there is no _defaults.yaml it could come from',
    );
    write('_defaults.yaml', DEFAULTS.replace('language: en-US', ''));
    expect(faults()).toEqual(['agents/desk/agent.yaml:1:1 language: is missing']);
  });

  it('refuses a dialogue that hands over where the scenario has no way', () => {
    const intents = 'task: { examples: [go], replies: [{ next: { handoff: other, reason: x } }] }';
    write(
      'desk/agent.yaml',
      `description: The desk.\ntools: [handoff_to_agent]\ndialogue:\n  intents:\n    ${intents}\n`,
    );
    write('other/agent.yaml', 'description: Another.\n');
    write('other/prompt.md', 'Hello.');
    write(
      'scenarios/day.yaml',
      'description: A day.\nstart: desk\nagents: [desk, other]\nhandoffs: [{ from: other, to: desk, when: always, kind: discrete }]\n',
    );
    expect(faults()).toEqual([
      expect.stringMatching(
        /^agents\/desk\/agent\.yaml:5:\d+ dialogue\.intents\.task.*the scenario "day" has no handoff from desk to other$/,
      ),
      'agents/scenarios/day.yaml:3:16 agents[1]: no handoff leads from "desk" to "other"',
    ]);
  });

  it('says what is missing: a folder, a file, a scenario', () => {
    expect(() => loadAgents({ directory: 'nowhere', tools })).toThrow(/^nowhere: there is no such folder$/);
    expect(() => loadAgents({ directory: root, tools, defaultScenario: 'night' })).toThrow(
      'agents/scenarios/night.yaml:1:1 is missing: it is the default scenario (there are none)',
    );
    mkdirSync(path.join(root, 'empty'));
    expect(faults()).toEqual([
      'agents/empty/agent.yaml:1:1 is missing',
      'agents/empty/prompt.md:1:1 is missing: the system prompt for models',
    ]);
  });

  it('follows links, as those of a mounted ConfigMap, and leaves out names that begin with a dot', () => {
    write('scenarios/day.yaml', 'description: A day.\nstart: desk\nagents: [desk]\n');
    write('scenarios/.night.yaml.swp', 'half of a file');
    write('.git/config', '');
    const known = JSON.stringify(load());
    // As the kubelet mounts it: what is new comes all at once, by a change of one link.
    const mounted = path.join(path.dirname(root), '..2026_11_21');
    renameSync(root, mounted);
    mkdirSync(root);
    renameSync(mounted, path.join(root, '..2026_11_21'));
    symlinkSync('..2026_11_21', path.join(root, '..data'));
    for (const name of ['_defaults.yaml', 'desk', 'scenarios'])
      symlinkSync(path.join('..data', name), path.join(root, name));
    expect(JSON.stringify(load())).toBe(known);
    expect(load().agents.map(({ name }) => name)).toEqual(['desk']);
    expect(load().scenarios.map(({ name }) => name)).toEqual(['day']);
    symlinkSync('nowhere', path.join(root, 'lost'));
    expect(faults()).toEqual(['agents/lost:1:1 is a link that leads nowhere']);
  });

  it('can be read while others get their turn, with the same result', async () => {
    const known = new ShippedAgents();
    const shipped = { directory: 'agents', tools: known.registry.known() };
    known.close();
    const reading = new AbortController();
    let turns = 0;
    const others = (async () => {
      for (; !reading.signal.aborted; turns++) await new Promise((resolve) => setImmediate(resolve));
    })();
    const { agents, scenarios } = await loadAgentsBetweenCalls(shipped);
    reading.abort();
    await others;
    const names = (list: readonly { readonly name: string }[]): string[] => list.map(({ name }) => name);
    const atOnce = loadAgents(shipped);
    expect([names(agents), names(scenarios)]).toEqual([names(atOnce.agents), names(atOnce.scenarios)]);
    // Reading, checking and training of each.
    expect(turns).toBeGreaterThanOrEqual(3 * agents.length);
  });
});
