{{/* What cannot work is refused here, with what would cure it. What is not a value at all is refused by the schema. */}}
{{- define "eid.refuse" -}}
{{- $values := .Values -}}
{{- $replicas := ternary $values.autoscaling.maxReplicas $values.replicas $values.autoscaling.enabled -}}
{{- if not $values.keyRing.secret -}}
{{- fail "keyRing.secret is empty: make a key ring (eid keys new keys.json), put it into a Secret (kubectl create secret generic eid-keys --from-file=keys.json), keep a copy elsewhere, and name the Secret" -}}
{{- end -}}
{{- if and (not $values.database.secret) (not $values.cloudNativePg.enabled) -}}
{{- fail "database.secret is empty: name the Secret that holds the URL of PostgreSQL, or set cloudNativePg.enabled" -}}
{{- end -}}
{{- if and $values.database.secret $values.cloudNativePg.enabled -}}
{{- fail "database.secret and cloudNativePg.enabled are both set: the database is one or the other" -}}
{{- end -}}
{{- if and $values.cloudNativePg.create (not $values.cloudNativePg.enabled) -}}
{{- fail "cloudNativePg.create makes a cluster that nothing uses: set cloudNativePg.enabled too" -}}
{{- end -}}
{{- if and $values.cloudNativePg.create (ne $values.migration.run "init") -}}
{{- fail "migration.run is \"hook\", but the database is made by this release, after its hooks: set migration.run to \"init\"" -}}
{{- end -}}
{{- if and $values.cloudNativePg.create $values.cloudNativePg.synchronous (lt (int $values.cloudNativePg.instances) 3) -}}
{{- fail "cloudNativePg.synchronous needs three instances: with fewer, nothing is committed while one is away. Set instances to 3, or synchronous to false" -}}
{{- end -}}
{{- if and (not $values.tls.secret) (not $values.certManager.enabled) -}}
{{- fail "tls.secret is empty: name the Secret with the server's certificate and key, or set certManager.enabled" -}}
{{- end -}}
{{- if and $values.tls.secret $values.certManager.enabled -}}
{{- fail "tls.secret and certManager.enabled are both set: the server's certificate is given or made" -}}
{{- end -}}
{{- if and $values.certManager.enabled (not $values.certManager.issuer.name) -}}
{{- fail "certManager.issuer.name is empty: name the Issuer that issues the server's certificate" -}}
{{- end -}}
{{- if not (or $values.tls.clientCa.configMap $values.tls.clientCa.secret) -}}
{{- fail "tls.clientCa names nothing: name the ConfigMap or Secret with the authorities of callers (kubectl create configmap eid-client-ca --from-file=client-ca.pem)" -}}
{{- end -}}
{{- if and (gt (int $replicas) 1) (eq (include "eid.archiveKind" .) "local") (not $values.archive.claim) -}}
{{- fail "config.archive.kind is \"local\" with several pods, and captures of one would be out of reach of the others: set it to \"s3\", or name in archive.claim a claim that all pods may write" -}}
{{- end -}}
{{- if and (eq (include "eid.archiveKind" .) "local") (not $values.archive.claim) -}}
{{- fail "config.archive.kind is \"local\" and archive.claim is empty: captures would be gone with the pod. Set it to \"s3\", or name a claim" -}}
{{- end -}}
{{- if and (eq (include "eid.archiveKind" .) "s3") (not $values.archive.secret) -}}
{{- fail "archive.secret is empty: name the Secret with the access key of the bucket" -}}
{{- end -}}
{{- if and (eq (include "eid.registrySource" .) "remote") (not (or $values.registry.secret $values.certManager.registryIssuer.name)) -}}
{{- fail "config.registry.source is \"remote\" and registry.secret is empty: name the Secret with our certificate there, or certManager.registryIssuer" -}}
{{- end -}}
{{- if and (eq (include "eid.registrySource" .) "remote") (not (or $values.registry.ca.configMap $values.registry.ca.secret)) -}}
{{- fail "config.registry.source is \"remote\" and registry.ca names nothing: name the authority of its certificate" -}}
{{- end -}}
{{- if and $values.certManager.registryIssuer.name (not $values.certManager.enabled) -}}
{{- fail "certManager.registryIssuer is named, but certManager.enabled is false" -}}
{{- end -}}
{{- range $channel := list "sms" "email" -}}
{{- $named := dig "carriers" $channel "file" $values.config | replace " " "" | splitList "," -}}
{{- if has "file" $named -}}
{{- fail (printf "config.carriers.%s is \"file\": codes would go in clear into a file of the pod, and to nobody. Name a carrier" $channel) -}}
{{- end -}}
{{- range $named -}}
{{- if not (hasKey $values.carriers .) -}}
{{- fail (printf "config.carriers.%s names %q, which is no carrier: there are smpp, smpp_backup for sms and smtp, smtp_backup for email" $channel .) -}}
{{- end -}}
{{- $user := dig "carriers" . "user" "" $values.config -}}
{{- if and (not (index $values.carriers .).secret) (or (hasPrefix "smpp" .) $user) -}}
{{- fail (printf "carriers.%s.secret is empty: name the Secret with our password there" .) -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- if and $values.autoscaling.enabled (gt (int $values.autoscaling.minReplicas) (int $values.autoscaling.maxReplicas)) -}}
{{- fail "autoscaling.minReplicas is more than autoscaling.maxReplicas" -}}
{{- end -}}
{{- range $name, $from := dict "tls.clientCa" $values.tls.clientCa "tls.clientCrls" $values.tls.clientCrls "database.ca" $values.database.ca "archive.ca" $values.archive.ca "registry.ca" $values.registry.ca -}}
{{- if and $from.configMap $from.secret -}}
{{- fail (printf "%s names a ConfigMap and a Secret: it comes from one of them" $name) -}}
{{- end -}}
{{- end -}}
{{- end -}}
