{{/* Values that are each allowed, but not together: one sentence each, before anything is installed. */}}
{{- define "parley.checks" -}}
{{- $v := .Values -}}
{{- $foreignSecret := ne $v.secrets.existingSecret "" -}}
{{- $scales := ne $v.voice.autoscaling.kind "none" -}}
{{- $several := or $scales (gt (int $v.voice.replicas) 1) $v.pusher.enabled -}}
{{- $voice := include "parley.settings" (dict "root" . "component" "voice") | fromJson -}}

{{- if and (eq $v.environment "production") (not $foreignSecret) (not $v.secrets.values.AUTH_TOKENS) (not $voice.API_KEYS_FILE) (not $voice.OIDC_ISSUER) -}}
{{- fail "Nobody could get in: in production, set secrets.values.AUTH_TOKENS, secrets.existingSecret (with AUTH_TOKENS in it), config.API_KEYS_FILE or config.OIDC_ISSUER." -}}
{{- end -}}

{{- if and $several (not $foreignSecret) (not $v.secrets.values.REDIS_URL) -}}
{{- fail "Several processes share their state in Redis: set secrets.values.REDIS_URL or secrets.existingSecret (with REDIS_URL in it), or keep to one: voice.replicas=1, voice.autoscaling.kind=none, pusher.enabled=false." -}}
{{- end -}}

{{- if and $several (eq (default "sqlite" $voice.CONVERSATION_STORE) "sqlite") -}}
{{- fail "Several processes cannot share a SQLite file in a volume of each: set config.CONVERSATION_STORE to cosmos, or to none." -}}
{{- end -}}

{{- if and $v.pusher.enabled (not $foreignSecret) (not $v.secrets.values.PUSHER_SECRET) -}}
{{- fail "With pusher.enabled, voice and pusher need a secret in common: set secrets.values.PUSHER_SECRET (16 characters or more) or secrets.existingSecret (with PUSHER_SECRET in it)." -}}
{{- end -}}

{{- $records := or (eq (toString (default "off" $voice.CALL_RECORDING)) "stereo") (eq (toString (default "off" $voice.LISTEN_AUDIO)) "on") -}}
{{- if and $records (ne (default "disk" $voice.AUDIO_ARCHIVE) "blob") (or $several (ne $v.voice.data.kind "existingClaim")) -}}
{{- fail "Recordings would be lost with their pod, or be where other pods do not look: set config.AUDIO_ARCHIVE=blob, or, for one process, voice.data.kind=existingClaim." -}}
{{- end -}}

{{- range $name := list "voice" "pusher" -}}
{{- $component := index $v $name -}}
{{- if eq $component.data.kind "existingClaim" -}}
{{- if not $component.data.existingClaim -}}
{{- fail (printf "%s.data.kind is existingClaim, but %s.data.existingClaim names none." $name $name) -}}
{{- end -}}
{{- if or (gt (int $component.replicas) 1) (and (eq $name "voice") $scales) -}}
{{- fail (printf "%s.data.existingClaim is for one pod, and there would be several: each needs a journal of its own. Use %s.data.kind=emptyDir or ephemeral." $name $name) -}}
{{- end -}}
{{- end -}}
{{- end -}}

{{- with $v.voice.autoscaling -}}
{{- if gt (int .minReplicas) (int .maxReplicas) -}}
{{- fail (printf "voice.autoscaling.minReplicas (%d) is more than maxReplicas (%d)." (int .minReplicas) (int .maxReplicas)) -}}
{{- end -}}
{{- if and $scales (eq (int .cpuUtilization) 0) (not .sessions) -}}
{{- fail "voice.autoscaling has nothing to go by: set cpuUtilization, or sessions=true." -}}
{{- end -}}
{{- if and (eq .kind "keda") .sessions (not .prometheusAddress) -}}
{{- fail "voice.autoscaling.kind=keda counts sessions in Prometheus: set voice.autoscaling.prometheusAddress, such as http://prometheus.monitoring:9090, or sessions=false." -}}
{{- end -}}
{{- if and $scales .sessions (not $v.telemetry.metrics.enabled) -}}
{{- fail "voice.autoscaling.sessions needs the metric of live sessions: set telemetry.metrics.enabled=true, or sessions=false." -}}
{{- end -}}
{{- end -}}

{{- if and $v.monitoring.serviceMonitor.enabled (not $v.telemetry.metrics.enabled) -}}
{{- fail "monitoring.serviceMonitor has nothing to scrape: set telemetry.metrics.enabled=true." -}}
{{- end -}}
{{- if and (or $v.telemetry.traces.enabled $v.telemetry.metrics.otlp) (not $v.telemetry.endpoint) -}}
{{- fail "telemetry.traces and telemetry.metrics.otlp need a collector: set telemetry.endpoint, such as http://collector.monitoring:4318." -}}
{{- end -}}
{{- if and $v.workloadIdentity.enabled (not $v.workloadIdentity.clientId) -}}
{{- fail "workloadIdentity.enabled needs workloadIdentity.clientId, the client id of the managed identity." -}}
{{- end -}}
{{- if and $v.workloadIdentity.enabled (not $v.serviceAccount.create) -}}
{{- fail "workloadIdentity.enabled annotates the ServiceAccount, but serviceAccount.create is false: annotate yours, and set the pod label through voice.podLabels and pusher.podLabels." -}}
{{- end -}}
{{- if and $v.agents.existingConfigMap (not $v.agents.items) -}}
{{- fail "agents.existingConfigMap needs agents.items: which file of the agents' folder is under which key, such as concierge/agent.yaml: concierge.agent.yaml." -}}
{{- end -}}
{{- if and $v.agents.existingConfigMap $v.agents.files -}}
{{- fail "agents.existingConfigMap and agents.files exclude each other." -}}
{{- end -}}
{{- end -}}
