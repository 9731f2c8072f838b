{{/* Names and labels. */}}

{{- define "eid.name" -}}
{{- default .Chart.Name .Values.nameOverride | trunc 63 | trimSuffix "-" -}}
{{- end -}}

{{/* Short enough for the longest ending that is put to it. */}}
{{- define "eid.fullname" -}}
{{- if .Values.fullnameOverride -}}
{{- .Values.fullnameOverride | trunc 45 | trimSuffix "-" -}}
{{- else if contains (include "eid.name" .) .Release.Name -}}
{{- .Release.Name | trunc 45 | trimSuffix "-" -}}
{{- else -}}
{{- printf "%s-%s" .Release.Name (include "eid.name" .) | trunc 45 | trimSuffix "-" -}}
{{- end -}}
{{- end -}}

{{/* What pods of the service are found by; never changed in the life of a release. */}}
{{- define "eid.selector" -}}
app.kubernetes.io/name: {{ include "eid.name" . }}
app.kubernetes.io/instance: {{ .Release.Name }}
app.kubernetes.io/component: service
{{- end -}}

{{- define "eid.labels" -}}
app.kubernetes.io/name: {{ include "eid.name" . }}
app.kubernetes.io/instance: {{ .Release.Name }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version | replace "+" "_" }}
{{- end -}}

{{- define "eid.image" -}}
{{- $image := .Values.image -}}
{{- if $image.digest -}}
{{- printf "%s@%s" $image.repository $image.digest -}}
{{- else -}}
{{- printf "%s:%s" $image.repository (default .Chart.AppVersion $image.tag) -}}
{{- end -}}
{{- end -}}

{{- define "eid.serviceAccount" -}}
{{- if .Values.serviceAccount.create -}}
{{- default (include "eid.fullname" .) .Values.serviceAccount.name -}}
{{- else -}}
{{- default "default" .Values.serviceAccount.name -}}
{{- end -}}
{{- end -}}

{{- define "eid.cluster" -}}
{{- default (printf "%s-db" (include "eid.fullname" .)) .Values.cloudNativePg.cluster -}}
{{- end -}}

{{/* The Secret with the server's certificate: cert-manager's, or the one given. */}}
{{- define "eid.serverSecret" -}}
{{- default (printf "%s-server" (include "eid.fullname" .)) .Values.tls.secret -}}
{{- end -}}

{{- define "eid.registrySecret" -}}
{{- default (printf "%s-registry" (include "eid.fullname" .)) .Values.registry.secret -}}
{{- end -}}
