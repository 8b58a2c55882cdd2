/** Kinds of jobs, and what their payloads are. */
export const JobKind = {
  /** A ProcessRequest. */
  Process: 'process',
  /** A SampleRequest. */
  SpeakerSample: 'speaker_sample',
  /** Of a conversation, its end. */
  RecordingAudit: 'recording_audit',
  /** A WebhookDelivery. */
  Webhook: 'webhook',
} as const;
