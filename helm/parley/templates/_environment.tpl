{{/* Variables that win over those of the ConfigMap. */}}
{{- define "parley.environment" -}}
{{- include "parley.ownEnvironment" . -}}
{{- with .root.Values.extraEnv }}
{{ toYaml . }}
{{- end }}
{{- end -}}

{{/* Those that follow from the chart itself. */}}
{{- define "parley.ownEnvironment" -}}
{{- $v := .root.Values -}}
{{- $own := index $v .component -}}
{{- $isVoice := eq .component "voice" -}}
- name: NODE_ENV
  value: {{ $v.environment }}
- name: PARLEY_ROLE
  value: {{ ternary (ternary "voice" "all" $v.pusher.enabled) "pusher" $isVoice }}
- name: HOST
  value: 0.0.0.0
- name: PORT
  value: '8000'
- name: DATA_DIR
  value: /data
- name: DRAIN_LIMIT_MS
  value: {{ mul $own.drain.callsSeconds 1000 | quote }}
- name: SHUTDOWN_LIMIT_MS
  value: {{ mul $own.drain.shutdownSeconds 1000 | quote }}
{{- if $isVoice }}
- name: MAX_CONNECTIONS
  value: {{ $own.maxSessions | quote }}
{{- if $v.pusher.enabled }}
- name: PUSHER_URL
  value: ws://{{ include "parley.fullname" .root }}-pusher:8000
{{- end }}
{{- if or $v.agents.files $v.agents.existingConfigMap }}
- name: AGENTS_DIR
  value: {{ include "parley.agentsFolder" .root }}
{{- end }}
{{- if $v.mcp.files }}
- name: MCP_DIR
  value: /etc/parley/mcp
{{- end }}
{{- end }}
{{- include "parley.telemetry" . }}
{{- end -}}

{{- define "parley.telemetry" -}}
{{- $t := .root.Values.telemetry -}}
{{- $exporters := list -}}
{{- if $t.metrics.enabled -}}{{- $exporters = append $exporters "prometheus" -}}{{- end -}}
{{- if $t.metrics.otlp -}}{{- $exporters = append $exporters "otlp" -}}{{- end }}
- name: OTEL_SERVICE_NAME
  value: {{ include "parley.fullname" .root }}-{{ .component }}
- name: OTEL_METRICS_EXPORTER
  value: {{ join "," $exporters | default "none" }}
{{- if $t.metrics.enabled }}
- name: METRICS_HOST
  value: 0.0.0.0
- name: METRICS_PORT
  value: {{ $t.metrics.port | quote }}
{{- end }}
- name: OTEL_TRACES_EXPORTER
  value: {{ ternary "otlp" "none" $t.traces.enabled }}
{{- if $t.traces.enabled }}
- name: OTEL_TRACES_SAMPLER
  value: parentbased_traceidratio
- name: OTEL_TRACES_SAMPLER_ARG
  value: {{ $t.traces.sampleRatio | quote }}
{{- end }}
{{- if $t.endpoint }}
- name: OTEL_EXPORTER_OTLP_ENDPOINT
  value: {{ $t.endpoint | quote }}
# These two are for the next one.
- name: POD_NAME
  valueFrom:
    fieldRef:
      fieldPath: metadata.name
- name: NODE_NAME
  valueFrom:
    fieldRef:
      fieldPath: spec.nodeName
- name: OTEL_RESOURCE_ATTRIBUTES
  value: k8s.namespace.name={{ .root.Release.Namespace }},k8s.pod.name=$(POD_NAME),k8s.node.name=$(NODE_NAME)
{{- end }}
{{- end -}}
