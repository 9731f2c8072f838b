{{/* What all pods have in common. */}}

{{/* The user of the image, without any right. The group may read the Secrets that are mounted. */}}
{{- define "eid.podSecurity" -}}
runAsNonRoot: true
runAsUser: 65532
runAsGroup: 65532
fsGroup: 65532
fsGroupChangePolicy: OnRootMismatch
seccompProfile:
  type: RuntimeDefault
{{- end -}}

{{- define "eid.containerSecurity" -}}
allowPrivilegeEscalation: false
readOnlyRootFilesystem: true
capabilities:
  drop: [ALL]
{{- end -}}

{{/*
The container that brings the schema up to date. It needs the database alone, and no file of settings: a Job that runs before
an upgrade would find that of the release before.
*/}}
{{- define "eid.migrate" -}}
{{- $files := include "eid.migrationFiles" . | fromYamlArray -}}
name: migrate
image: {{ include "eid.image" . }}
imagePullPolicy: {{ .Values.image.pullPolicy }}
args: [migrate]
env:
  - name: EID__MODE
    value: production
  - name: EID__HOME
    value: /var/lib/eid
  {{- range $files }}
  {{- $folder := .name }}
  {{- range .settings }}
  - name: EID__STORE__URL_FILE
    value: /etc/eid/{{ $folder }}/{{ . }}
  {{- end }}
  {{- end }}
  {{- with include "eid.databaseEnvironment" $files | trim }}
  {{- . | nindent 2 }}
  {{- end }}
securityContext:
  {{- include "eid.containerSecurity" . | nindent 2 }}
resources:
  {{- toYaml .Values.resources | nindent 2 }}
volumeMounts:
  {{- include "eid.mounts" $files | trim | nindent 2 }}
{{- end -}}
