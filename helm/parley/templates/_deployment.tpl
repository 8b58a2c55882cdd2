{{/* A Deployment of one component: voice and pusher are the same image in different roles. (dict "root" $ "component" "voice") */}}
{{- define "parley.deployment" -}}
{{- $root := .root -}}
{{- $v := $root.Values -}}
{{- $component := .component -}}
{{- $own := index $v $component -}}
{{- $isVoice := eq $component "voice" -}}
{{- $scales := and $isVoice (ne $own.autoscaling.kind "none") -}}
{{- $name := printf "%s-%s" (include "parley.fullname" $root) $component -}}
apiVersion: apps/v1
kind: Deployment
metadata:
  name: {{ $name }}
  labels:
    {{- include "parley.labels" . | nindent 4 }}
spec:
  {{- if not $scales }}
  replicas: {{ $own.replicas }}
  {{- end }}
  # A new version that never becomes ready leaves the old one serving.
  strategy:
    {{- if eq $own.data.kind "existingClaim" }}
    type: Recreate
    {{- else }}
    type: RollingUpdate
    rollingUpdate:
      maxSurge: {{ $own.maxSurge }}
      maxUnavailable: 0
    {{- end }}
  selector:
    matchLabels:
      {{- include "parley.selectorLabels" . | nindent 6 }}
  template:
    metadata:
      labels:
        {{- include "parley.labels" . | nindent 8 }}
        {{- if $v.workloadIdentity.enabled }}
        azure.workload.identity/use: 'true'
        {{- end }}
        {{- with $own.podLabels }}
        {{- toYaml . | nindent 8 }}
        {{- end }}
      annotations:
        # Settings are read at the start: pods are replaced when one changes.
        checksum/settings: {{ include "parley.settings" . | sha256sum }}
        {{- with $v.secrets.values }}
        checksum/secrets: {{ toJson . | sha256sum }}
        {{- end }}
        {{- if and $isVoice $v.agents.files }}
        checksum/agents: {{ toJson $v.agents.files | sha256sum }}
        {{- end }}
        {{- if and $isVoice $v.mcp.files }}
        checksum/mcp: {{ toJson $v.mcp.files | sha256sum }}
        {{- end }}
        {{- with $own.podAnnotations }}
        {{- toYaml . | nindent 8 }}
        {{- end }}
    spec:
      serviceAccountName: {{ include "parley.serviceAccountName" $root }}
      automountServiceAccountToken: {{ $v.serviceAccount.automountToken }}
      enableServiceLinks: false
      {{- with $v.imagePullSecrets }}
      imagePullSecrets:
        {{- toYaml . | nindent 8 }}
      {{- end }}
      terminationGracePeriodSeconds: {{ include "parley.gracePeriod" $own }}
      securityContext:
        runAsNonRoot: true
        {{- with $v.securityContext }}
        {{- toYaml . | nindent 8 }}
        {{- end }}
        fsGroupChangePolicy: OnRootMismatch
        seccompProfile:
          type: RuntimeDefault
      containers:
        - name: {{ $component }}
          image: {{ include "parley.image" $root }}
          imagePullPolicy: {{ $v.image.pullPolicy }}
          securityContext:
            allowPrivilegeEscalation: false
            readOnlyRootFilesystem: true
            capabilities:
              drop: [ALL]
          envFrom:
            - configMapRef:
                name: {{ $name }}
            {{- if $v.secrets.values }}
            - secretRef:
                name: {{ include "parley.fullname" $root }}
            {{- end }}
            {{- with $v.secrets.existingSecret }}
            - secretRef:
                name: {{ . }}
            {{- end }}
          env:
            {{- include "parley.environment" (dict "root" $root "component" $component) | nindent 12 }}
          ports:
            - name: http
              containerPort: 8000
            {{- if $v.telemetry.metrics.enabled }}
            - name: metrics
              containerPort: {{ $v.telemetry.metrics.port }}
            {{- end }}
          {{- include "parley.probes" $root | nindent 10 }}
          {{- with $own.drain.preStopSeconds }}
          # Until balancers have heard that this pod is going, it goes on taking calls.
          lifecycle:
            preStop:
              sleep:
                seconds: {{ . }}
          {{- end }}
          resources:
            {{- toYaml $own.resources | nindent 12 }}
          volumeMounts:
            - name: tmp
              mountPath: /tmp
            - name: data
              mountPath: /data
            {{- if $v.secrets.filesSecret }}
            - name: secret-files
              mountPath: /etc/parley/secrets
              readOnly: true
            {{- end }}
            {{- if $isVoice }}
            {{- if or $v.agents.files $v.agents.existingConfigMap }}
            - name: agents
              mountPath: {{ include "parley.agentsFolder" $root }}
              readOnly: true
            {{- end }}
            {{- if $v.mcp.files }}
            - name: mcp
              mountPath: /etc/parley/mcp
              readOnly: true
            {{- end }}
            {{- end }}
            {{- with $v.extraVolumeMounts }}
            {{- toYaml . | nindent 12 }}
            {{- end }}
      volumes:
        - name: tmp
          emptyDir:
            sizeLimit: 256Mi
        - name: data
          {{- include "parley.dataVolume" $own.data | nindent 10 }}
        {{- with $v.secrets.filesSecret }}
        - name: secret-files
          secret:
            secretName: {{ . }}
            # For the group of the process, which is not the owner.
            defaultMode: 0440
        {{- end }}
        {{- if $isVoice }}
        {{- if or $v.agents.files $v.agents.existingConfigMap }}
        {{- include "parley.agentsVolume" $root | nindent 8 }}
        {{- end }}
        {{- if $v.mcp.files }}
        - name: mcp
          configMap:
            name: {{ include "parley.fullname" $root }}-mcp
        {{- end }}
        {{- end }}
        {{- with $v.extraVolumes }}
        {{- toYaml . | nindent 8 }}
        {{- end }}
      {{- if $own.topologySpread.enabled }}
      topologySpreadConstraints:
        {{- range list "topology.kubernetes.io/zone" "kubernetes.io/hostname" }}
        - maxSkew: 1
          topologyKey: {{ . }}
          whenUnsatisfiable: {{ $own.topologySpread.whenUnsatisfiable }}
          labelSelector:
            matchLabels:
              {{- include "parley.selectorLabels" (dict "root" $root "component" $component) | nindent 14 }}
          # Pods of the old version do not count while a new one rolls out.
          matchLabelKeys: [pod-template-hash]
        {{- end }}
      {{- end }}
      {{- with $own.nodeSelector }}
      nodeSelector:
        {{- toYaml . | nindent 8 }}
      {{- end }}
      {{- with $own.tolerations }}
      tolerations:
        {{- toYaml . | nindent 8 }}
      {{- end }}
      {{- with $own.affinity }}
      affinity:
        {{- toYaml . | nindent 8 }}
      {{- end }}
      {{- with $own.priorityClassName }}
      priorityClassName: {{ . }}
      {{- end }}
{{- end -}}

{{- define "parley.probes" -}}
# The port opens when the critical steps of the start are done.
startupProbe:
  httpGet: { path: /api/v1/health, port: http }
  periodSeconds: 2
  failureThreshold: {{ div (add (int .Values.probes.startupSeconds) 1) 2 }}
livenessProbe:
  httpGet: { path: /api/v1/health, port: http }
  periodSeconds: 10
  timeoutSeconds: 5
  failureThreshold: 3
readinessProbe:
  httpGet: { path: {{ .Values.probes.readinessPath }}, port: http }
  periodSeconds: 5
  timeoutSeconds: 3
  # Two: one late answer of a busy replica is no reason to send its callers to others that are as busy.
  failureThreshold: 2
{{- end -}}

{{- define "parley.dataVolume" -}}
{{- if eq .kind "existingClaim" -}}
persistentVolumeClaim:
  claimName: {{ .existingClaim }}
{{- else if eq .kind "ephemeral" -}}
ephemeral:
  volumeClaimTemplate:
    spec:
      accessModes: [ReadWriteOnce]
      {{- with .storageClassName }}
      storageClassName: {{ . }}
      {{- end }}
      resources:
        requests:
          storage: {{ .size }}
{{- else -}}
emptyDir:
  sizeLimit: {{ .size }}
{{- end -}}
{{- end -}}
