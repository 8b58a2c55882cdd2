{{/* The agents' folder, mounted from a ConfigMap: it follows when that changes. */}}

{{- define "parley.agentsFolder" -}}/etc/parley/agents{{- end -}}

{{- define "parley.agentsConfigMap" -}}
{{- default (printf "%s-agents" (include "parley.fullname" .)) .Values.agents.existingConfigMap -}}
{{- end -}}

{{/* JSON: file in the folder → key of the ConfigMap. Keys have no slashes. */}}
{{- define "parley.agentsItems" -}}
{{- $items := dict -}}
{{- if .Values.agents.existingConfigMap -}}
{{- $items = .Values.agents.items -}}
{{- else -}}
{{- range $file, $_ := .Values.agents.files -}}
{{- $_ := set $items $file (replace "/" "." $file) -}}
{{- end -}}
{{- end -}}
{{- $items | toJson -}}
{{- end -}}

{{- define "parley.agentsVolume" -}}
- name: agents
  configMap:
    name: {{ include "parley.agentsConfigMap" . }}
    items:
      {{- range $file, $key := include "parley.agentsItems" . | fromJson }}
      - key: {{ $key | quote }}
        path: {{ $file | quote }}
      {{- end }}
{{- end -}}
