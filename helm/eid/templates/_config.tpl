{{/*
The configuration file: the settings given, the paths of what is mounted, and what a pod must have.
*/}}
{{- define "eid.toml" -}}
{{- $settings := deepCopy .Values.config -}}
{{- range include "eid.files" . | fromYamlArray -}}
{{- $folder := printf "/etc/eid/%s" .name -}}
{{- range $setting, $key := .settings -}}
{{- $path := ternary (printf "%s/%s" $folder $key) $folder (ne $key "") -}}
{{- $_ := include "eid.set" (dict "table" $settings "path" (splitList "." $setting) "value" $path) -}}
{{- end -}}
{{- end -}}
{{- $_ := set $settings "mode" "production" -}}
{{- $_ := set $settings "home" "/var/lib/eid" -}}
{{- $_ := include "eid.set" (dict "table" $settings "path" (list "server" "listen") "value" "0.0.0.0:8443") -}}
{{- $_ := include "eid.set" (dict "table" $settings "path" (list "observe" "listen") "value" "0.0.0.0:9464") -}}
{{- include "eid.table" (dict "name" "" "table" $settings) -}}
{{- end -}}

{{/* Sets a value in a table of tables, by the names on the way to it. */}}
{{- define "eid.set" -}}
{{- $name := first .path -}}
{{- if eq (len .path) 1 -}}
{{- $_ := set .table $name .value -}}
{{- else -}}
{{- if not (hasKey .table $name) -}}{{- $_ := set .table $name dict -}}{{- end -}}
{{- $_ := include "eid.set" (dict "table" (get .table $name) "path" (rest .path) "value" .value) -}}
{{- end -}}
{{- end -}}

{{/* A table as TOML: its own keys, then its tables. Numbers are whole; Helm has them as floating ones. */}}
{{- define "eid.table" -}}
{{- $name := .name -}}
{{- if $name }}
[{{ $name }}]
{{ end -}}
{{- range $key, $value := .table -}}
{{- if kindIs "string" $value }}{{ $key }} = {{ $value | toJson }}
{{ else if kindIs "bool" $value }}{{ $key }} = {{ $value }}
{{ else if not (kindIs "map" $value) }}{{ $key }} = {{ $value | int64 }}
{{ end -}}
{{- end -}}
{{- range $key, $value := .table -}}
{{- if kindIs "map" $value -}}
{{- include "eid.table" (dict "name" (ternary (printf "%s.%s" $name $key) $key (ne $name "")) "table" $value) -}}
{{- end -}}
{{- end -}}
{{- end -}}

{{- define "eid.archiveKind" -}}
{{- dig "archive" "kind" "local" .Values.config -}}
{{- end -}}

{{- define "eid.registrySource" -}}
{{- dig "registry" "source" "none" .Values.config -}}
{{- end -}}
