{{- define "extension.name" -}}
gardener-extension-cri-resmgr
{{- end -}}

{{- define "extension.role" -}}
extensions.gardener.cloud:{{ include "extension.name" . }}
{{- end -}}

{{- define "extension.labels" -}}
app.kubernetes.io/name: {{ include "extension.name" . }}
{{- end -}}

{{- define "extension.image" -}}
{{- if hasPrefix "sha256:" .Values.image.tag -}}
{{ .Values.image.repository }}@{{ .Values.image.tag }}
{{- else -}}
{{ .Values.image.repository }}:{{ .Values.image.tag }}
{{- end -}}
{{- end -}}

{{- define "extension.leaderElectionNamespace" -}}
{{ .Values.leaderElection.namespace | default .Release.Namespace }}
{{- end -}}

{{- define "extension.priorityClassName" -}}
{{- if .Values.priorityClass.create -}}
{{ .Values.priorityClass.name | default (include "extension.name" .) }}
{{- else -}}
{{ .Values.priorityClass.name | default (dig "runtimeCluster" "priorityClassName" "" .Values.gardener) | default "gardener-system-900" }}
{{- end -}}
{{- end -}}

{{- /* Since v1.146 no Gardener can switch in-place updates off, so its VPA takes the mode; before, it might refuse the object. */ -}}
{{- define "extension.vpaUpdateMode" -}}
{{- $version := dig "version" "" .Values.gardener -}}
{{- if .Values.vpa.updatePolicy.updateMode -}}
{{ .Values.vpa.updatePolicy.updateMode }}
{{- else if and $version (semverCompare ">= 1.146.0-0" $version) -}}
InPlaceOrRecreate
{{- else -}}
Recreate
{{- end -}}
{{- end -}}
