{{/* Addresses that the chart knows, on ports that its NetworkPolicies do not let through. */}}

{{/* A line for each: what says it, and its port. An address may have a secret in it, and is not shown. */}}
{{- define "parley.closedPorts" -}}
{{- $addresses := include "parley.addresses" . | fromYamlArray -}}
{{- $closed := dict -}}
{{- range $component := ternary (list "voice" "pusher") (list "voice") .Values.pusher.enabled -}}
{{- $settings := include "parley.settings" (dict "root" $ "component" $component) | fromJson -}}
{{- range $of, $given := dict "config" $settings "secrets.values" $.Values.secrets.values -}}
{{- range $variable := $addresses -}}
{{- include "parley.noteClosed" (dict "root" $ "closed" $closed "name" (printf "%s.%s" $of $variable) "text" (get $given $variable)) -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- range $file, $text := .Values.mcp.files -}}
{{- include "parley.noteClosed" (dict "root" $ "closed" $closed "name" (printf "mcp.files.%s" $file) "text" (fromYaml $text).url) -}}
{{- end -}}
{{- range $name, $port := $closed }}
  {{ $name }}: {{ $port }}
{{- end -}}
{{- end -}}

{{/* (dict "root" $ "closed" … "name" "config.OPENAI_BASE_URL" "text" "http://models:8000/v1") */}}
{{- define "parley.noteClosed" -}}
{{- range regexFindAll `[a-z]+://[^\s;,]+` (toString .text) -1 -}}
{{- $port := regexReplaceAll `^[a-z]+://([^/?#]*@)?(\[[^]]*\]|[^/?#:]*)` . "" | regexFind `^:[0-9]+` | trimPrefix ":" -}}
{{- $usual := dict "http" "80" "ws" "80" "https" "443" "wss" "443" "redis" "6379" "rediss" "6379" -}}
{{- $port = default (get $usual (regexFind `^[a-z]+` .)) $port -}}
{{- if and $port (not (include "parley.letsThrough" (dict "root" $.root "port" (int $port)))) -}}
{{- $_ := set $.closed $.name $port -}}
{{- end -}}
{{- end -}}
{{- end -}}

{{/* Not empty if a connection to this port may be let through, to wherever. (dict "root" $ "port" 443) */}}
{{- define "parley.letsThrough" -}}
{{- $policy := .root.Values.networkPolicy -}}
{{- $port := .port -}}
{{- range $policy.egressPorts -}}{{- if eq (int .) $port -}}yes{{- end -}}{{- end -}}
{{- if and .root.Values.telemetry.endpoint (not $policy.collectorTo) (eq (include "parley.collectorPort" .root) (toString $port)) -}}yes{{- end -}}
{{- range $policy.extraEgress -}}
{{- if not .ports -}}yes{{- end -}}
{{- range .ports -}}
{{- /* A port with a name may be any. */ -}}
{{- if or (not .port) (kindIs "string" .port) -}}yes
{{- else if and (le (int .port) $port) (ge (int (default .port .endPort)) $port) -}}yes
{{- end -}}
{{- end -}}
{{- end -}}
{{- end -}}

{{/* Settings that say where processes connect to. */}}
{{- define "parley.addresses" -}}
- ACS_CONNECTION_STRING
- ACS_ENDPOINT
- ACS_JWKS_URL
- AZURE_OPENAI_ENDPOINT
- AZURE_SPEECH_ENDPOINT
- AZURE_SPEECH_STT_HOST
- AZURE_SPEECH_TTS_HOST
- AZURE_STORAGE_BLOB_ENDPOINT
- AZURE_STORAGE_CONNECTION_STRING
- COSMOS_ENDPOINT
- DEEPGRAM_URL
- OIDC_ISSUER
- OIDC_JWKS_URL
- OPENAI_BASE_URL
- REDIS_URL
- SPEAKER_EMBEDDER_URL
{{- end -}}
