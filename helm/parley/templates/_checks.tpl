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

{{- range $name := list "voice" "pusher" -}}
{{- $component := index $v $name -}}
{{- if and (ne $component.data.kind "existingClaim") (regexMatch "^0+%?$" (toString $component.maxSurge)) -}}
{{- fail (printf "%s.maxSurge is %v, and no pod may be missing while a new version comes: it would never come. Use 1 or more." $name $component.maxSurge) -}}
{{- end -}}
{{- include "parley.checkLabels" (dict "name" (printf "%s.podLabels" $name) "labels" $component.podLabels "identity" $v.workloadIdentity.enabled) -}}
{{- end -}}
{{- range $name := list "serviceMonitor" "rules" "dashboards" -}}
{{- include "parley.checkLabels" (dict "name" (printf "monitoring.%s.labels" $name) "labels" (index $v.monitoring $name).labels) -}}
{{- end -}}

{{- if and $v.telemetry.metrics.enabled (eq (int $v.telemetry.metrics.port) 8000) -}}
{{- fail "telemetry.metrics.port is 8000, where calls come in: give metrics another one, such as 9464." -}}
{{- end -}}
{{- if and $v.networkPolicy.enabled $v.telemetry.endpoint (not $v.networkPolicy.collectorTo) (eq (include "parley.collectorPort" .) "80") -}}
{{- fail "telemetry.endpoint is on port 80, as it is where no port is named. Pods could then ask port 80 of anything, the metadata service of their node included: name the port, such as http://collector.monitoring:4318, or say where the collector is in networkPolicy.collectorTo." -}}
{{- end -}}

{{- if and $v.mcp.files (not $voice.MCP_ENABLED_SERVERS) -}}
{{- fail (printf "mcp.files brings tool servers that nobody uses: name those to be used in config.MCP_ENABLED_SERVERS, such as %s." (trimSuffix ".yaml" (keys $v.mcp.files | sortAlpha | first))) -}}
{{- end -}}

{{- if and $v.service.externalTrafficPolicy (eq $v.service.type "ClusterIP") -}}
{{- fail "service.externalTrafficPolicy is for service.type NodePort and LoadBalancer." -}}
{{- end -}}
{{- if and $v.service.loadBalancerSourceRanges (ne $v.service.type "LoadBalancer") -}}
{{- fail "service.loadBalancerSourceRanges is for service.type LoadBalancer; who may reach pods is said in networkPolicy.from." -}}
{{- end -}}
{{- end -}}

{{/* Those that the chart sets itself: by some of them pods are found. (dict "name" "voice.podLabels" "labels" … "identity" false) */}}
{{- define "parley.checkLabels" -}}
{{- $own := list "app.kubernetes.io/name" "app.kubernetes.io/instance" "app.kubernetes.io/component" "app.kubernetes.io/version" "app.kubernetes.io/managed-by" "helm.sh/chart" -}}
{{- if .identity -}}{{- $own = append $own "azure.workload.identity/use" -}}{{- end -}}
{{- $name := .name -}}
{{- range $label, $_ := .labels -}}
{{- if has $label $own -}}
{{- fail (printf "%s must not have %s: the chart sets it." $name $label) -}}
{{- end -}}
{{- end -}}
{{- end -}}
