import { configOf, setting, someOf } from './setting.js';

export class AuditConfig extends configOf('audit', {
  to: setting(
    'AUDIT_LOG',
    someOf(['file', 'log', 'none']),
    'Where is written who has done what through the API, without what was said: `file`, below DATA_DIR/audit, a chain that shows when a line is missing (`npm run audit:check`); `log`, among the lines of the log; or `none`.',
  ),
}) {}
