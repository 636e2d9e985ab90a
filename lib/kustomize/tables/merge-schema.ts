// What kustomize 5.8.1 knows of how lists merge, from the OpenAPI of Kubernetes 1.21.2. A type that is not here has no schema: its
// lists are replaced.

/** `apiVersion kind index of its definition` */
export const builtinTypes = `
admissionregistration.k8s.io/v1 MutatingWebhookConfiguration 1
admissionregistration.k8s.io/v1 ValidatingWebhookConfiguration 3
admissionregistration.k8s.io/v1beta1 MutatingWebhookConfiguration 5
admissionregistration.k8s.io/v1beta1 ValidatingWebhookConfiguration 7
apiextensions.k8s.io/v1 CustomResourceDefinition 160
apiextensions.k8s.io/v1beta1 CustomResourceDefinition 161
apiregistration.k8s.io/v1 APIService 165
apiregistration.k8s.io/v1beta1 APIService 167
apps/v1 ControllerRevision 8
apps/v1 DaemonSet 9
apps/v1 Deployment 12
apps/v1 ReplicaSet 16
apps/v1 StatefulSet 19
authentication.k8s.io/v1 TokenRequest 22
authentication.k8s.io/v1 TokenReview 23
authentication.k8s.io/v1beta1 TokenReview 24
authorization.k8s.io/v1 LocalSubjectAccessReview 25
authorization.k8s.io/v1 SelfSubjectAccessReview 26
authorization.k8s.io/v1 SelfSubjectRulesReview 27
authorization.k8s.io/v1 SubjectAccessReview 28
authorization.k8s.io/v1beta1 LocalSubjectAccessReview 29
authorization.k8s.io/v1beta1 SelfSubjectAccessReview 30
authorization.k8s.io/v1beta1 SelfSubjectRulesReview 31
authorization.k8s.io/v1beta1 SubjectAccessReview 32
autoscaling/v1 HorizontalPodAutoscaler 33
autoscaling/v1 Scale 34
autoscaling/v2beta1 HorizontalPodAutoscaler 37
autoscaling/v2beta2 HorizontalPodAutoscaler 48
batch/v1 CronJob 58
batch/v1 Job 60
batch/v1beta1 CronJob 64
certificates.k8s.io/v1 CertificateSigningRequest 67
certificates.k8s.io/v1beta1 CertificateSigningRequest 68
coordination.k8s.io/v1 Lease 69
coordination.k8s.io/v1beta1 Lease 70
discovery.k8s.io/v1 EndpointSlice 111
discovery.k8s.io/v1beta1 EndpointSlice 112
events.k8s.io/v1 Event 113
events.k8s.io/v1beta1 Event 114
extensions/v1beta1 Ingress 115
flowcontrol.apiserver.k8s.io/v1beta1 FlowSchema 116
flowcontrol.apiserver.k8s.io/v1beta1 PriorityLevelConfiguration 117
kustomize.config.k8s.io/v1beta1 Kustomization 15
networking.k8s.io/v1 Ingress 118
networking.k8s.io/v1 IngressClass 119
networking.k8s.io/v1 NetworkPolicy 120
networking.k8s.io/v1beta1 Ingress 125
networking.k8s.io/v1beta1 IngressClass 126
node.k8s.io/v1 RuntimeClass 127
node.k8s.io/v1beta1 RuntimeClass 128
policy/v1 PodDisruptionBudget 129
policy/v1beta1 Eviction 132
policy/v1beta1 PodDisruptionBudget 133
policy/v1beta1 PodSecurityPolicy 136
rbac.authorization.k8s.io/v1 ClusterRole 138
rbac.authorization.k8s.io/v1 ClusterRoleBinding 139
rbac.authorization.k8s.io/v1 Role 140
rbac.authorization.k8s.io/v1 RoleBinding 141
rbac.authorization.k8s.io/v1beta1 ClusterRole 143
rbac.authorization.k8s.io/v1beta1 ClusterRoleBinding 144
rbac.authorization.k8s.io/v1beta1 Role 145
rbac.authorization.k8s.io/v1beta1 RoleBinding 146
scheduling.k8s.io/v1 PriorityClass 147
scheduling.k8s.io/v1beta1 PriorityClass 148
storage.k8s.io/v1 CSIDriver 149
storage.k8s.io/v1 CSINode 150
storage.k8s.io/v1 StorageClass 152
storage.k8s.io/v1 VolumeAttachment 153
storage.k8s.io/v1beta1 CSIDriver 154
storage.k8s.io/v1beta1 CSINode 155
storage.k8s.io/v1beta1 CSIStorageCapacity 157
storage.k8s.io/v1beta1 StorageClass 158
storage.k8s.io/v1beta1 VolumeAttachment 159
v1 Binding 72
v1 ComponentStatus 73
v1 ConfigMap 74
v1 Endpoints 76
v1 Event 79
v1 LimitRange 80
v1 Namespace 81
v1 Node 83
v1 PersistentVolume 86
v1 PersistentVolumeClaim 87
v1 Pod 91
v1 PodTemplate 97
v1 ReplicationController 99
v1 ResourceQuota 102
v1 Secret 103
v1 Service 104
v1 ServiceAccount 105
`

/**
 * Definitions by their line, from zero on. `field>n` goes on with definition n, `field*n:key:key` is a list of them that is merged by the
 * keys; `-` stands for no definition, and a list without keys merges as a set.
 */
export const builtinDefinitions = `
namespaceSelector>162 objectSelector>162
metadata>164 webhooks*0:name
namespaceSelector>162 objectSelector>162
metadata>164 webhooks*2:name
namespaceSelector>162 objectSelector>162
metadata>164 webhooks*4:name
namespaceSelector>162 objectSelector>162
metadata>164 webhooks*6:name
metadata>164
metadata>164 spec>10 status>11
selector>162 template>98
conditions*-:type
metadata>164 spec>13 status>14
selector>162 template>98
conditions*-:type
configMapGenerator*-:name secretGenerator*-:name
metadata>164 spec>17 status>18
selector>162 template>98
conditions*-:type
metadata>164 spec>20 status>21
selector>162 template>98 volumeClaimTemplates>87
conditions*-:type
metadata>164
metadata>164
metadata>164
metadata>164
metadata>164
metadata>164
metadata>164
metadata>164
metadata>164
metadata>164
metadata>164
metadata>164
metadata>164
metricSelector>162
metricSelector>162
metadata>164 spec>38 status>39
metrics>40
currentMetrics>41
external>35 object>42 pods>44
external>36 object>43 pods>45
selector>162
selector>162
selector>162
selector>162
metric>51
metric>51
metadata>164 spec>49 status>50
metrics>52
currentMetrics>53
selector>162
external>46 object>54 pods>56
external>47 object>55 pods>57
metric>51
metric>51
metric>51
metric>51
metadata>164 spec>59
jobTemplate>63
metadata>164 spec>61 status>62
selector>162 template>98
conditions*-:type
metadata>164 spec>61
metadata>164 spec>65
jobTemplate>66
metadata>164 spec>61
metadata>164
metadata>164
metadata>164
metadata>164
podAffinity>92 podAntiAffinity>94
metadata>164
conditions*-:type metadata>164
metadata>164
env*-:name ports*-:containerPort:protocol volumeDevices*-:devicePath volumeMounts*-:mountPath
metadata>164
env*-:name volumeDevices*-:devicePath volumeMounts*-:mountPath
volumeClaimTemplate>90
metadata>164
metadata>164
metadata>164 status>82
conditions*-:type
metadata>164 spec>84 status>85
podCIDRs*-
addresses*-:type conditions*-:type
metadata>164
metadata>164 spec>88 status>89
selector>162
conditions*-:type
metadata>164 spec>88
metadata>164 spec>95 status>96
preferredDuringSchedulingIgnoredDuringExecution>110 requiredDuringSchedulingIgnoredDuringExecution>93
labelSelector>162 namespaceSelector>162
preferredDuringSchedulingIgnoredDuringExecution>110 requiredDuringSchedulingIgnoredDuringExecution>93
affinity>71 containers*75:name ephemeralContainers*77:name hostAliases*-:ip imagePullSecrets*-:name initContainers*75:name topologySpreadConstraints*108:topologyKey:whenUnsatisfiable volumes*109:name
conditions*-:type podIPs*-:ip
metadata>164 template>98
metadata>164 spec>95
metadata>164 spec>100 status>101
template>98
conditions*-:type
metadata>164
metadata>164
metadata>164 spec>106 status>107
metadata>164 secrets*-:name
ports*-:port:protocol
conditions*-:type
labelSelector>162
ephemeral>78
podAffinityTerm>93
metadata>164
metadata>164
metadata>164
metadata>164
metadata>164
metadata>164
metadata>164
metadata>164
metadata>164
metadata>164 spec>124
to>123
from>123
namespaceSelector>162 podSelector>162
egress>121 ingress>122 podSelector>162
metadata>164
metadata>164
metadata>164
metadata>164
metadata>164 spec>130 status>131
selector>162
conditions*-:type
metadata>164
metadata>164 spec>134 status>135
selector>162
conditions*-:type
metadata>164
clusterRoleSelectors>162
aggregationRule>137 metadata>164
metadata>164
metadata>164
metadata>164
clusterRoleSelectors>162
aggregationRule>142 metadata>164
metadata>164
metadata>164
metadata>164
metadata>164
metadata>164
metadata>164
metadata>164 spec>151
drivers*-:name
metadata>164
metadata>164
metadata>164
metadata>164 spec>156
drivers*-:name
metadata>164 nodeTopology>162
metadata>164
metadata>164
metadata>164
metadata>164
matchExpressions>163
key*-:key
finalizers*- ownerReferences*-:uid
metadata>164 status>166
conditions*-:type
metadata>164 status>168
conditions*-:type
`
