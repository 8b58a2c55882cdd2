{{/*
The agents' folder, put together from a ConfigMap. Each folder in it is a volume of its own: what the kubelet mounts is
full of links, and agents are real folders; the files in them may be links, and follow the ConfigMap when it changes.
*/}}

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

{{/* JSON: folder → the list of its files; "" are those at the top. */}}
{{- define "parley.agentsFolders" -}}
{{- $folders := dict -}}
{{- range $file, $_ := include "parley.agentsItems" . | fromJson -}}
{{- $folder := ternary (dir $file) "" (contains "/" $file) -}}
{{- $_ := set $folders $folder (append (default list (index $folders $folder)) $file) -}}
{{- end -}}
{{- $folders | toJson -}}
{{- end -}}

{{- define "parley.agentsVolume" -}}agents{{ with . }}-{{ replace "_" "-" . | trunc 50 }}{{ end }}{{- end -}}

{{- define "parley.agentsVolumes" -}}
{{- $items := include "parley.agentsItems" . | fromJson -}}
{{- range $folder, $files := include "parley.agentsFolders" . | fromJson }}
- name: {{ include "parley.agentsVolume" $folder }}
  configMap:
    name: {{ include "parley.agentsConfigMap" $ }}
    items:
      {{- range $files }}
      - key: {{ index $items . | quote }}
        path: {{ base . | quote }}
      {{- end }}
{{- end }}
{{- end -}}

{{- define "parley.agentsMounts" -}}
{{- $root := include "parley.agentsFolder" . -}}
{{- range $folder, $files := include "parley.agentsFolders" . | fromJson }}
{{- if $folder }}
- name: {{ include "parley.agentsVolume" $folder }}
  mountPath: {{ $root }}/{{ $folder }}
  readOnly: true
{{- else }}
{{- range $files }}
- name: {{ include "parley.agentsVolume" "" }}
  mountPath: {{ $root }}/{{ . }}
  subPath: {{ . }}
  readOnly: true
{{- end }}
{{- end }}
{{- end }}
{{- end -}}
