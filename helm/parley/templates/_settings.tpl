{{/* What processes are told: settings, and what follows from other values. */}}

{{/* A value as the text of an environment variable; YAML reads large whole numbers as 1.073741824e+09. */}}
{{- define "parley.text" -}}
{{- if and (kindIs "float64" .) (eq (floor .) .) -}}{{ printf "%.0f" . }}{{- else -}}{{ . }}{{- end -}}
{{- end -}}

{{/* Settings of one component as JSON: what the chart suggests, then `config`, then its own. */}}
{{- define "parley.settings" -}}
{{- $root := .root -}}
{{- /* Without a CPU limit a process sees all cores of its node, and would start a recogniser for each. */ -}}
{{- $suggested := dict "LOG_FORMAT" "json" "INFERENCE_WORKERS" "1" -}}
{{- if $root.Values.ingress.enabled -}}
{{- $_ := set $suggested "TRUST_PROXY" (join "," $root.Values.ingress.trustedProxies | default "true") -}}
{{- $scheme := ternary "https" "http" (ne $root.Values.ingress.tlsSecret "") -}}
{{- $_ := set $suggested "PUBLIC_URL" (printf "%s://%s" $scheme $root.Values.ingress.host) -}}
{{- end -}}
{{- $own := (index $root.Values .component).config -}}
{{- mergeOverwrite $suggested (deepCopy $root.Values.config) (deepCopy $own) | toJson -}}
{{- end -}}

{{/* Seconds from the deletion of a pod to the last moment at which its process may still be at work. */}}
{{- define "parley.stopSeconds" -}}
{{- add .preStopSeconds .callsSeconds .shutdownSeconds -}}
{{- end -}}

{{/* Of one component's values; that what is given is enough is checked before. */}}
{{- define "parley.gracePeriod" -}}
{{- $given := .terminationGracePeriodSeconds -}}
{{- if kindIs "invalid" $given -}}
{{- add (int (include "parley.stopSeconds" .drain)) 5 -}}
{{- else -}}
{{- int $given -}}
{{- end -}}
{{- end -}}

{{/* How many sessions a pod has on average before another one is added. */}}
{{- define "parley.sessionsPerPod" -}}
{{- $given := .Values.voice.autoscaling.sessionsPerPod -}}
{{- if kindIs "invalid" $given -}}
{{- max 1 (div (mul (int .Values.voice.maxSessions) 7) 10) -}}
{{- else -}}
{{- int $given -}}
{{- end -}}
{{- end -}}

{{/* What a CPU request is, or follows from; empty if nothing is requested. */}}
{{- define "parley.cpuRequest" -}}
{{- $limits := default dict .limits -}}
{{- with dig "cpu" (default "" $limits.cpu) (default dict .requests) -}}
{{- if not (regexMatch "^0*(\\.0*)?m?$" (toString .)) -}}{{ . }}{{- end -}}
{{- end -}}
{{- end -}}

{{/* The port of the collector, which a NetworkPolicy has to let through. */}}
{{- define "parley.collectorPort" -}}
{{- $url := urlParse .Values.telemetry.endpoint -}}
{{- $port := regexFind ":[0-9]+$" $url.host -}}
{{- if $port -}}{{ trimPrefix ":" $port }}{{- else -}}{{ ternary "443" "80" (eq $url.scheme "https") }}{{- end -}}
{{- end -}}
