import { configOf, setting, text } from './setting.js';

export class AgentsConfig extends configOf('agents', {
  directory: setting(
    'AGENTS_DIR',
    text().min(1),
    'Folder with one folder per agent, `_defaults.yaml` and `scenarios/`.',
  ),
  scenario: setting(
    'DEFAULT_SCENARIO',
    text().min(1),
    'Scenario of sessions that name neither an agent nor a scenario.',
  ),
}) {}
