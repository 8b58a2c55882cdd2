import { configOf, flag, int, setting } from './setting.js';

export class PostCallConfig extends configOf('postCall', {
  enabled: setting(
    'POST_CALL',
    flag(),
    'Whether calls with agents are read when they are over: summary, disposition, action items and so on. Conversations that were listened to always are.',
  ),
  reconcileMs: setting(
    'RECONCILE_MS',
    int(100, 86_400_000),
    'How often a pusher looks for conversations that were left behind, because whoever was to hand them over died.',
  ),
  auditMs: setting(
    'RECORDING_AUDIT_MS',
    int(0, 86_400_000),
    'So long after a conversation that was listened to has been read, what is missing of its recording is written down: by then all that was on its way has come.',
  ),
  abandonedMs: setting(
    'ABANDONED_MS',
    int(1000, 86_400_000),
    'A conversation that was listened to, and that nobody has written for so long, is taken for over. Sessions write at least every 30 s; more than the silence after which a client may come back to it.',
  ),
}) {}
