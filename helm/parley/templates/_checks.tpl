{{/* What would not work, before anything is installed: a line with a sentence for each value, or for those that do not go together. */}}
{{- define "parley.checks" -}}
{{- $v := .Values -}}
{{- $foreignSecret := ne $v.secrets.existingSecret "" -}}
{{- $secrets := deepCopy $v.secrets.values -}}
{{- range $v.extraEnv -}}{{- $_ := set $secrets .name "given" -}}{{- end -}}
{{- $scales := ne $v.voice.autoscaling.kind "none" -}}
{{- $several := or $scales (gt (int $v.voice.replicas) 1) $v.pusher.enabled -}}
{{- $voice := include "parley.settings" (dict "root" . "component" "voice") | fromJson -}}
{{- include "parley.refusedValues" . -}}

{{- /* The strictest of those that there are: a Service's. */ -}}
{{- $name := include "parley.fullname" . -}}
{{- if not (regexMatch "^[a-z]([-a-z0-9]*[a-z0-9])?$" $name) -}}
{{- include "parley.problem" (printf "Objects would be called %s-…, which no Service may be: a name begins with a letter a-z, and has only these, digits and hyphens. Set fullnameOverride, such as parley, or give the release another name." $name) -}}
{{- end -}}

{{- if and (eq $v.environment "production") (not $foreignSecret) (not $secrets.AUTH_TOKENS) (not $voice.API_KEYS_FILE) (not $voice.OIDC_ISSUER) -}}
{{- include "parley.problem" "Nobody could get in: in production, set secrets.values.AUTH_TOKENS, secrets.existingSecret (with AUTH_TOKENS in it), config.API_KEYS_FILE or config.OIDC_ISSUER." -}}
{{- end -}}

{{- if and $several (not $foreignSecret) (not $secrets.REDIS_URL) -}}
{{- include "parley.problem" "Several processes share their state in Redis: set secrets.values.REDIS_URL or secrets.existingSecret (with REDIS_URL in it), or keep to one: voice.replicas=1, voice.autoscaling.kind=none, pusher.enabled=false." -}}
{{- end -}}

{{- if and $several (eq (default "sqlite" $voice.CONVERSATION_STORE) "sqlite") -}}
{{- include "parley.problem" "Several processes cannot share a SQLite file in a volume of each: set config.CONVERSATION_STORE to cosmos, or to none." -}}
{{- end -}}

{{- if and $v.pusher.enabled (not $foreignSecret) (not $secrets.PUSHER_SECRET) -}}
{{- include "parley.problem" "With pusher.enabled, voice and pusher need a secret in common: set secrets.values.PUSHER_SECRET (16 characters or more) or secrets.existingSecret (with PUSHER_SECRET in it)." -}}
{{- end -}}

{{- $records := or (eq (toString (default "off" $voice.CALL_RECORDING)) "stereo") (eq (toString (default "off" $voice.LISTEN_AUDIO)) "on") -}}
{{- if and $records (ne (default "disk" $voice.AUDIO_ARCHIVE) "blob") (or $several (ne $v.voice.data.kind "existingClaim")) -}}
{{- include "parley.problem" "Recordings would be lost with their pod, or be where other pods do not look: set config.AUDIO_ARCHIVE=blob, or, for one process, voice.data.kind=existingClaim." -}}
{{- end -}}

{{- range $name := list "voice" "pusher" -}}
{{- $component := index $v $name -}}
{{- if eq $component.data.kind "existingClaim" -}}
{{- if not $component.data.existingClaim -}}
{{- include "parley.problem" (printf "%s.data.kind is existingClaim, but %s.data.existingClaim names none." $name $name) -}}
{{- end -}}
{{- if or (gt (int $component.replicas) 1) (and (eq $name "voice") $scales) -}}
{{- include "parley.problem" (printf "%s.data.existingClaim is for one pod, and there would be several: each needs a journal of its own. Use %s.data.kind=emptyDir or ephemeral." $name $name) -}}
{{- end -}}
{{- end -}}
{{- end -}}

{{- with $v.voice.autoscaling -}}
{{- if gt (int .minReplicas) (int .maxReplicas) -}}
{{- include "parley.problem" (printf "voice.autoscaling.minReplicas (%d) is more than maxReplicas (%d)." (int .minReplicas) (int .maxReplicas)) -}}
{{- end -}}
{{- if and $scales (eq (int .cpuUtilization) 0) (not .sessions) -}}
{{- include "parley.problem" "voice.autoscaling has nothing to go by: set cpuUtilization, or sessions=true." -}}
{{- end -}}
{{- $perPod := int (include "parley.sessionsPerPod" $) -}}
{{- $sessions := int $v.voice.maxSessions -}}
{{- if and $scales .sessions (ge (mul $perPod 11) (mul $sessions 10)) -}}
{{- $most := div (sub (mul $sessions 10) 1) 11 -}}
{{- $instead := ternary (printf "Give at most %d, or leave it out" $most) "Set voice.maxSessions to 2 or more, or sessions=false" (gt $most 0) -}}
{{- include "parley.problem" (printf "voice.autoscaling.sessionsPerPod is %d, and voice.maxSessions %d: an autoscaler adds a pod when there are over a tenth more than that on average, and full pods would not have so many. %s." $perPod $sessions $instead) -}}
{{- end -}}
{{- if and $scales (gt (int .cpuUtilization) 0) (not (include "parley.cpuRequest" $v.voice.resources)) -}}
{{- include "parley.problem" "voice.autoscaling.cpuUtilization is per cent of what pods request, and voice.resources.requests.cpu is not set: set it, such as 1, or cpuUtilization=0." -}}
{{- end -}}
{{- if and (eq .kind "keda") .sessions (not .prometheusAddress) -}}
{{- include "parley.problem" "voice.autoscaling.kind=keda counts sessions in Prometheus: set voice.autoscaling.prometheusAddress, such as http://prometheus.monitoring:9090, or sessions=false." -}}
{{- end -}}
{{- if and $scales .sessions (not $v.telemetry.metrics.enabled) -}}
{{- include "parley.problem" "voice.autoscaling.sessions needs the metric of live sessions: set telemetry.metrics.enabled=true, or sessions=false." -}}
{{- end -}}
{{- end -}}

{{- if and $v.monitoring.serviceMonitor.enabled (not $v.telemetry.metrics.enabled) -}}
{{- include "parley.problem" "monitoring.serviceMonitor has nothing to scrape: set telemetry.metrics.enabled=true." -}}
{{- end -}}
{{- if and (or $v.telemetry.traces.enabled $v.telemetry.metrics.otlp) (not $v.telemetry.endpoint) -}}
{{- include "parley.problem" "telemetry.traces and telemetry.metrics.otlp need a collector: set telemetry.endpoint, such as http://collector.monitoring:4318." -}}
{{- end -}}
{{- if and $v.workloadIdentity.enabled (not $v.workloadIdentity.clientId) -}}
{{- include "parley.problem" "workloadIdentity.enabled needs workloadIdentity.clientId, the client id of the managed identity." -}}
{{- end -}}
{{- if and $v.workloadIdentity.enabled (not $v.serviceAccount.create) -}}
{{- include "parley.problem" "workloadIdentity.enabled annotates the ServiceAccount, but serviceAccount.create is false: annotate yours, and set the pod label through voice.podLabels and pusher.podLabels." -}}
{{- end -}}
{{- if and $v.agents.existingConfigMap (not $v.agents.items) -}}
{{- include "parley.problem" "agents.existingConfigMap needs agents.items: which file of the agents' folder is under which key, such as concierge/agent.yaml: concierge.agent.yaml." -}}
{{- end -}}
{{- if and $v.agents.existingConfigMap $v.agents.files -}}
{{- include "parley.problem" "agents.existingConfigMap and agents.files exclude each other." -}}
{{- end -}}

{{- range $name := list "voice" "pusher" -}}
{{- $component := index $v $name -}}
{{- if and (ne $component.data.kind "existingClaim") (regexMatch "^0+%?$" (toString $component.maxSurge)) -}}
{{- include "parley.problem" (printf "%s.maxSurge is %v, and no pod may be missing while a new version comes: it would never come. Use 1 or more." $name $component.maxSurge) -}}
{{- end -}}
{{- $budget := $component.disruptionBudget -}}
{{- if and (or (eq $name "voice") $v.pusher.enabled) $budget.enabled (regexMatch "^0+%?$" (toString $budget.maxUnavailable)) -}}
{{- include "parley.problem" (printf "%s.disruptionBudget.maxUnavailable is %v: no node with such a pod could ever be drained. Use 1 or more, or %s.disruptionBudget.enabled=false." $name $budget.maxUnavailable $name) -}}
{{- end -}}
{{- $needed := int (include "parley.stopSeconds" $component.drain) -}}
{{- $given := $component.terminationGracePeriodSeconds -}}
{{- if and (or (eq $name "voice") $v.pusher.enabled) (not (kindIs "invalid" $given)) (le (int $given) $needed) -}}
{{- include "parley.problem" (printf "%s.terminationGracePeriodSeconds is %d, but preStop (%d s), live calls (%d s) and stopping (%d s) may take %d s together: Kubernetes would kill the process in the middle of them. Give it more than %d, leave it out, or lower %s.drain." $name (int $given) (int $component.drain.preStopSeconds) (int $component.drain.callsSeconds) (int $component.drain.shutdownSeconds) $needed $needed $name) -}}
{{- end -}}
{{- include "parley.checkLabels" (dict "name" (printf "%s.podLabels" $name) "labels" $component.podLabels "identity" $v.workloadIdentity.enabled) -}}
{{- end -}}
{{- range $name := list "serviceMonitor" "rules" "dashboards" -}}
{{- include "parley.checkLabels" (dict "name" (printf "monitoring.%s.labels" $name) "labels" (index $v.monitoring $name).labels) -}}
{{- end -}}

{{- if and $v.telemetry.metrics.enabled (eq (int $v.telemetry.metrics.port) 8000) -}}
{{- include "parley.problem" "telemetry.metrics.port is 8000, where calls come in: give metrics another one, such as 9464." -}}
{{- end -}}
{{- if and $v.networkPolicy.enabled $v.telemetry.endpoint (not $v.networkPolicy.collectorTo) (eq (include "parley.collectorPort" .) "80") -}}
{{- include "parley.problem" "telemetry.endpoint is on port 80, as it is where no port is named. Pods could then ask port 80 of anything, the metadata service of their node included: name the port, such as http://collector.monitoring:4318, or say where the collector is in networkPolicy.collectorTo." -}}
{{- end -}}

{{- if and $v.ingress.enabled (not $v.ingress.host) -}}
{{- include "parley.problem" "ingress.enabled needs ingress.host: the name in DNS under which callers reach it, such as voice.example.com." -}}
{{- end -}}

{{- if and $v.mcp.files (not $voice.MCP_ENABLED_SERVERS) -}}
{{- include "parley.problem" (printf "mcp.files brings tool servers that nobody uses: name those to be used in config.MCP_ENABLED_SERVERS, such as %s." (trimSuffix ".yaml" (keys $v.mcp.files | sortAlpha | first))) -}}
{{- end -}}

{{- if and $v.service.externalTrafficPolicy (eq $v.service.type "ClusterIP") -}}
{{- include "parley.problem" "service.externalTrafficPolicy is for service.type NodePort and LoadBalancer." -}}
{{- end -}}
{{- if and $v.service.loadBalancerSourceRanges (ne $v.service.type "LoadBalancer") -}}
{{- include "parley.problem" "service.loadBalancerSourceRanges is for service.type LoadBalancer; who may reach pods is said in networkPolicy.from." -}}
{{- end -}}
{{- end -}}

{{/* Those that the chart sets itself: by some of them pods are found. (dict "name" "voice.podLabels" "labels" … "identity" false) */}}
{{- define "parley.checkLabels" -}}
{{- $own := list "app.kubernetes.io/name" "app.kubernetes.io/instance" "app.kubernetes.io/component" "app.kubernetes.io/version" "app.kubernetes.io/managed-by" "helm.sh/chart" -}}
{{- if .identity -}}{{- $own = append $own "azure.workload.identity/use" -}}{{- end -}}
{{- $name := .name -}}
{{- range $label, $_ := .labels -}}
{{- if has $label $own -}}
{{- include "parley.problem" (printf "%s must not have %s: the chart sets it." $name $label) -}}
{{- end -}}
{{- end -}}
{{- end -}}

{{- define "parley.problem" }}{{ printf "\n- %s" . }}{{ end -}}
