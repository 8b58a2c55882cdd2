{{/* Values that the schema lets through for the sake of a sentence that says what to do instead. */}}

{{- define "parley.refusedValues" -}}
{{- $v := .Values -}}
{{- include "parley.refusedSettings" (dict "root" . "name" "config" "settings" $v.config) -}}
{{- range $name := list "voice" "pusher" -}}
{{- include "parley.refusedSettings" (dict "root" $ "name" (printf "%s.config" $name) "settings" (index $v $name).config) -}}
{{- end -}}

{{- include "parley.refusedVariables" . -}}

{{- include "parley.placeholders" (dict "name" "" "value" (omit $v "agents" "mcp" "secrets" "global")) -}}
{{- range $name, $value := $v.secrets.values -}}
{{- if regexMatch "^<[^<>]*>$" $value -}}
{{- include "parley.problem" (printf "secrets.values.%s is still what is to be filled in." $name) -}}
{{- end -}}
{{- end -}}
{{- if eq $v.workloadIdentity.clientId "00000000-0000-0000-0000-000000000000" -}}
{{- include "parley.problem" "workloadIdentity.clientId has only zeros: it is the client id of the managed identity." -}}
{{- end -}}

{{- /* What the server refuses to start with, without saying the secret. */ -}}
{{- if and (eq $v.environment "production") $v.secrets.values.AUTH_TOKENS -}}
{{- range splitList "," $v.secrets.values.AUTH_TOKENS -}}
{{- if and (trim .) (lt (len (trim .)) 16) -}}
{{- include "parley.problem" "secrets.values.AUTH_TOKENS has a token of less than 16 characters, which is guessed too soon: `openssl rand -hex 24` makes one." -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- with $v.secrets.values.PUSHER_SECRET -}}
{{- if not (regexMatch "^[!-~]{16,}$" .) -}}
{{- include "parley.problem" "secrets.values.PUSHER_SECRET must have 16 characters or more, without spaces: `openssl rand -hex 24` makes one." -}}
{{- end -}}
{{- end -}}
{{- end -}}

{{/* (dict "root" $ "name" "voice.config" "settings" …) */}}
{{- define "parley.refusedSettings" -}}
{{- $secrets := .root.Files.Lines "secret-settings.txt" -}}
{{- $elsewhere := include "parley.saidElsewhere" . | fromYaml -}}
{{- $name := .name -}}
{{- range $variable, $_ := .settings -}}
{{- if has $variable $secrets -}}
{{- include "parley.problem" (printf "%s.%s is not taken: it is a secret, and a ConfigMap is none. Put it into secrets.values.%s, or under %s into the Secret that secrets.existingSecret names." $name $variable $variable $variable) -}}
{{- else if hasKey $elsewhere $variable -}}
{{- include "parley.problem" (printf "%s.%s is not taken: %s." $name $variable (index $elsewhere $variable)) -}}
{{- end -}}
{{- end -}}
{{- end -}}

{{/* `extraEnv` wins over everything else: what the chart sets or goes by is not said there, past it. */}}
{{- define "parley.refusedVariables" -}}
{{- $secrets := .Files.Lines "secret-settings.txt" -}}
{{- $elsewhere := include "parley.saidElsewhere" . | fromYaml -}}
{{- $goneBy := include "parley.goneBy" . | fromYamlArray -}}
{{- $own := dict -}}
{{- range $component := list "voice" "pusher" -}}
{{- range include "parley.ownEnvironment" (dict "root" $ "component" $component) | fromYamlArray -}}
{{- $_ := set $own .name true -}}
{{- end -}}
{{- end -}}
{{- $before := dict -}}
{{- range .Values.extraEnv -}}
{{- if hasKey $before .name -}}
{{- include "parley.problem" (printf "extraEnv has %s more than once: only the last counts." .name) -}}
{{- else if has .name $secrets -}}
{{- if not (hasKey (default dict .valueFrom) "secretKeyRef") -}}
{{- include "parley.problem" (printf "extraEnv has %s in the open: it is a secret, and a Deployment is none. Put it into secrets.values.%s, or say in valueFrom.secretKeyRef where it is." .name .name) -}}
{{- end -}}
{{- else if hasKey $elsewhere .name -}}
{{- include "parley.problem" (printf "extraEnv must not have %s: %s." .name (index $elsewhere .name)) -}}
{{- else if hasKey $own .name -}}
{{- include "parley.problem" (printf "extraEnv must not have %s: the chart sets it." .name) -}}
{{- else if has .name $goneBy -}}
{{- include "parley.problem" (printf "extraEnv must not have %s: put it into config.%s, where the chart sees it." .name .name) -}}
{{- end -}}
{{- $_ := set $before .name true -}}
{{- end -}}
{{- end -}}

{{/* Settings by which checks and notes go. */}}
{{- define "parley.goneBy" -}}
- API_KEYS_FILE
- AUDIO_ARCHIVE
- CALL_RECORDING
- CONVERSATION_STORE
- LISTEN_AUDIO
- MAX_SESSIONS_CLUSTER
- MCP_ENABLED_SERVERS
- OIDC_ISSUER
- PUBLIC_URL
- TRUST_PROXY
{{- end -}}

{{/* Settings that follow from other values, by their variable's name. */}}
{{- define "parley.saidElsewhere" -}}
NODE_ENV: environment says it
PARLEY_ROLE: it follows from pusher.enabled
HOST: pods listen on all of their addresses; networkPolicy.from says who may connect
PORT: pods listen on 8000; service.port is where callers and the Ingress find them
DATA_DIR: it is /data; voice.data and pusher.data say what lies there
DRAIN_LIMIT_MS: voice.drain.callsSeconds and pusher.drain.callsSeconds say it, in seconds, so that Kubernetes waits as long
SHUTDOWN_LIMIT_MS: voice.drain.shutdownSeconds and pusher.drain.shutdownSeconds say it, in seconds, so that Kubernetes waits as long
MAX_CONNECTIONS: voice.maxSessions says it, which scaling goes by, too
PUSHER_URL: it follows from pusher.enabled
OTEL_SERVICE_NAME: it is the name of the Deployment; fullnameOverride changes it
OTEL_METRICS_EXPORTER: telemetry.metrics.enabled and telemetry.metrics.otlp say it
OTEL_TRACES_EXPORTER: telemetry.traces.enabled says it
OTEL_TRACES_SAMPLER: telemetry.traces.sampleRatio says it
OTEL_TRACES_SAMPLER_ARG: telemetry.traces.sampleRatio says it
OTEL_EXPORTER_OTLP_ENDPOINT: telemetry.endpoint says it, so that the NetworkPolicy lets it through
OTEL_RESOURCE_ATTRIBUTES: with telemetry.endpoint it names the pod, its namespace and its node
METRICS_HOST: metrics are served on all addresses of a pod; networkPolicy.metricsFrom says who may read them
METRICS_PORT: telemetry.metrics.port says it
{{- end -}}

{{/* What nobody has filled in, such as <registry>. (dict "name" "image" "value" …) */}}
{{- define "parley.placeholders" -}}
{{- $name := .name -}}
{{- if kindIs "map" .value -}}
{{- range $key, $value := .value -}}
{{- /* Snippets of a proxy's configuration have patterns with (?<name>…). */ -}}
{{- if not (hasSuffix "nnotations" $key) -}}
{{- include "parley.placeholders" (dict "name" (printf "%s.%s" $name $key | trimPrefix ".") "value" $value) -}}
{{- end -}}
{{- end -}}
{{- else if kindIs "slice" .value -}}
{{- range $index, $value := .value -}}
{{- include "parley.placeholders" (dict "name" (printf "%s[%d]" $name $index) "value" $value) -}}
{{- end -}}
{{- else if kindIs "string" .value -}}
{{- with regexFind "<[A-Za-z][A-Za-z0-9 _-]*>" .value -}}
{{- include "parley.problem" (printf "%s still has %s in it: fill in what it stands for." $name .) -}}
{{- end -}}
{{- end -}}
{{- end -}}
