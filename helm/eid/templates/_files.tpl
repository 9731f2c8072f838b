{{/*
What is mounted: one list, from which volumes, mounts and the paths in the configuration are made. Each entry has a name,
which is that of its volume and its folder below /etc/eid, the Secret or ConfigMap it comes from, and the settings that are
files in it.
*/}}
{{- define "eid.files" -}}
{{- $values := .Values -}}
{{- include "eid.file" (dict "name" "server" "from" (dict "secret" (include "eid.serverSecret" .)) "settings" (dict
  "server.certificate" $values.tls.certificateKey "server.key" $values.tls.privateKeyKey)) }}
{{ include "eid.file" (dict "name" "client-ca" "from" $values.tls.clientCa "settings" (dict
  "server.client_ca" $values.tls.clientCa.key)) }}
{{ include "eid.file" (dict "name" "client-crls" "from" $values.tls.clientCrls "settings" (dict
  "server.client_crls" "")) }}
{{ include "eid.file" (dict "name" "key-ring" "from" $values.keyRing "settings" (dict "vault.keys" $values.keyRing.key)) }}
{{ include "eid.databaseFiles" . }}
{{ include "eid.file" (dict "name" "redis" "from" $values.redis "settings" (dict "limits.redis_url_file" $values.redis.key)) }}
{{ if eq (include "eid.archiveKind" .) "s3" -}}
{{ include "eid.file" (dict "name" "archive" "from" $values.archive "settings" (dict
  "archive.access_file" $values.archive.key)) }}
{{ include "eid.file" (dict "name" "archive-ca" "from" $values.archive.ca "settings" (dict
  "archive.authorities" $values.archive.ca.key)) }}
{{- end }}
{{ if eq (include "eid.registrySource" .) "remote" -}}
{{ include "eid.file" (dict "name" "registry" "from" (dict "secret" (include "eid.registrySecret" .)) "settings" (dict
  "registry.certificate" "tls.crt" "registry.key" "tls.key")) }}
{{ include "eid.file" (dict "name" "registry-ca" "from" $values.registry.ca "settings" (dict
  "registry.ca" $values.registry.ca.key)) }}
{{- end }}
{{ range $name, $carrier := $values.carriers -}}
{{ $folder := $name | replace "_" "-" -}}
{{ include "eid.file" (dict "name" $folder "from" $carrier "settings" (dict
  (printf "carriers.%s.password_file" $name) $carrier.key)) }}
{{ include "eid.file" (dict "name" (printf "%s-ca" $folder) "from" $carrier.ca "settings" (dict
  (printf "carriers.%s.authorities" $name) $carrier.ca.key)) }}
{{ end }}
{{ include "eid.file" (dict "name" "face-verifiers" "from" $values.faceVerifiers "settings" (dict
  "devices.face_verifiers" $values.faceVerifiers.key)) }}
{{- end -}}

{{/* Those of the database alone: all that a migration needs. */}}
{{- define "eid.databaseFiles" -}}
{{- $values := .Values -}}
{{- $url := $values.database -}}
{{- $ca := $values.database.ca -}}
{{- if $values.cloudNativePg.enabled -}}
{{- $url = dict "secret" (printf "%s-app" (include "eid.cluster" .)) "key" "uri" -}}
{{- $ca = dict "secret" (printf "%s-ca" (include "eid.cluster" .)) "key" "ca.crt" -}}
{{- end -}}
{{ include "eid.file" (dict "name" "database" "from" $url "settings" (dict "store.url_file" $url.key)) }}
{{ include "eid.file" (dict "name" "database-ca" "from" $ca "only" $ca.key "settings" dict) }}
{{- end -}}

{{/* Those of a migration, which may have a role of its own. */}}
{{- define "eid.migrationFiles" -}}
{{- $given := .Values.migration -}}
{{- range include "eid.databaseFiles" . | fromYamlArray -}}
{{- if and (eq .name "database") $given.secret -}}
{{ include "eid.file" (dict "name" "migration" "from" $given "settings" (dict "store.url_file" $given.key)) }}
{{ else -}}
{{ list . | toYaml }}
{{ end -}}
{{- end -}}
{{- end -}}

{{/* One entry, if a Secret or a ConfigMap is named. A Secret shows the files that settings name and no others. */}}
{{- define "eid.file" -}}
{{- if or .from.secret .from.configMap -}}
{{- $items := list -}}
{{- range $key := append (values .settings) (default "" .only) | uniq | sortAlpha -}}
{{- if $key -}}{{- $items = append $items (dict "key" $key "path" $key) -}}{{- end -}}
{{- end -}}
{{- list (dict "name" .name "secret" .from.secret "configMap" .from.configMap "items" $items "settings" .settings) | toYaml -}}
{{- end -}}
{{- end -}}

{{/* Volumes of a list of entries. Files of Secrets are for the pod's group to read: the program refuses any that others can. */}}
{{- define "eid.volumes" -}}
{{- range . }}
- name: {{ .name }}
  {{- if .secret }}
  secret:
    secretName: {{ .secret }}
    defaultMode: 0440
  {{- else }}
  configMap:
    name: {{ .configMap }}
    defaultMode: 0444
  {{- end }}
    {{- with .items }}
    items:
      {{- toYaml . | nindent 6 }}
    {{- end }}
{{- end }}
{{- end -}}

{{/* Mounts of a list of entries: whole folders, since a single file would never change under a running program. */}}
{{- define "eid.mounts" -}}
{{- range . }}
- name: {{ .name }}
  mountPath: /etc/eid/{{ .name }}
  readOnly: true
{{- end }}
{{- end -}}

{{/* Where the authority of the database is: the program's driver reads this beside the URL. Paths and a mode, no secrets. */}}
{{- define "eid.databaseEnvironment" -}}
{{- range . }}
{{- if eq .name "database-ca" }}
- name: PGSSLMODE
  value: verify-full
- name: PGSSLROOTCERT
  value: /etc/eid/database-ca/{{ (index .items 0).key }}
{{- end }}
{{- end }}
{{- end -}}
