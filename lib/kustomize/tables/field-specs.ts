import { type FieldSpec, parseFieldSpecs } from '../fields/field-spec.ts'

// Where the transformers of kustomize 5.8.1 write by default, in the order of its own sorting.
// A line: `+` creates missing fields, then group, version, kind (`-` is any) and path.

export const namePrefixSpecs: readonly FieldSpec[] = parseFieldSpecs(`
. - - - metadata/name
`)

export const nameSuffixSpecs: readonly FieldSpec[] = parseFieldSpecs(`
. - - - metadata/name
`)

export const namespaceSpecs: readonly FieldSpec[] = parseFieldSpecs(`
+ - - Namespace metadata/name
. apiextensions.k8s.io - CustomResourceDefinition spec/conversion/webhook/clientConfig/service/namespace
+ apiregistration.k8s.io - APIService spec/service/namespace
`)

export const commonLabelsSpecs: readonly FieldSpec[] = parseFieldSpecs(`
+ - v1 Service spec/selector
. apps - Deployment spec/template/spec/affinity/podAffinity/preferredDuringSchedulingIgnoredDuringExecution/podAffinityTerm/labelSelector/matchLabels
. apps - Deployment spec/template/spec/affinity/podAffinity/requiredDuringSchedulingIgnoredDuringExecution/labelSelector/matchLabels
. apps - Deployment spec/template/spec/affinity/podAntiAffinity/preferredDuringSchedulingIgnoredDuringExecution/podAffinityTerm/labelSelector/matchLabels
. apps - Deployment spec/template/spec/affinity/podAntiAffinity/requiredDuringSchedulingIgnoredDuringExecution/labelSelector/matchLabels
. apps - Deployment spec/template/spec/topologySpreadConstraints/labelSelector/matchLabels
+ - - Deployment spec/template/metadata/labels
+ - - Deployment spec/selector/matchLabels
+ apps - StatefulSet spec/selector/matchLabels
+ apps - StatefulSet spec/volumeClaimTemplates[]/metadata/labels
. apps - StatefulSet spec/template/spec/affinity/podAffinity/preferredDuringSchedulingIgnoredDuringExecution/podAffinityTerm/labelSelector/matchLabels
. apps - StatefulSet spec/template/spec/affinity/podAffinity/requiredDuringSchedulingIgnoredDuringExecution/labelSelector/matchLabels
. apps - StatefulSet spec/template/spec/affinity/podAntiAffinity/preferredDuringSchedulingIgnoredDuringExecution/podAffinityTerm/labelSelector/matchLabels
. apps - StatefulSet spec/template/spec/affinity/podAntiAffinity/requiredDuringSchedulingIgnoredDuringExecution/labelSelector/matchLabels
. apps - StatefulSet spec/template/spec/topologySpreadConstraints/labelSelector/matchLabels
+ apps - StatefulSet spec/template/metadata/labels
+ batch - CronJob spec/jobTemplate/metadata/labels
+ batch - CronJob spec/jobTemplate/spec/template/metadata/labels
. batch - CronJob spec/jobTemplate/spec/selector/matchLabels
. policy - PodDisruptionBudget spec/selector/matchLabels
. batch - Job spec/selector/matchLabels
+ batch - Job spec/template/metadata/labels
. networking.k8s.io - NetworkPolicy spec/egress/to/podSelector/matchLabels
. networking.k8s.io - NetworkPolicy spec/ingress/from/podSelector/matchLabels
. networking.k8s.io - NetworkPolicy spec/podSelector/matchLabels
+ - v1 ReplicationController spec/template/metadata/labels
+ - v1 ReplicationController spec/selector
+ - - DaemonSet spec/template/metadata/labels
+ - - DaemonSet spec/selector/matchLabels
+ - - ReplicaSet spec/template/metadata/labels
+ - - ReplicaSet spec/selector/matchLabels
+ - - - metadata/labels
`)

export const templateLabelsSpecs: readonly FieldSpec[] = parseFieldSpecs(`
+ - - Deployment spec/template/metadata/labels
+ apps - StatefulSet spec/template/metadata/labels
+ apps - StatefulSet spec/volumeClaimTemplates[]/metadata/labels
+ batch - CronJob spec/jobTemplate/metadata/labels
+ batch - CronJob spec/jobTemplate/spec/template/metadata/labels
+ batch - Job spec/template/metadata/labels
+ - v1 ReplicationController spec/template/metadata/labels
+ - - DaemonSet spec/template/metadata/labels
+ - - ReplicaSet spec/template/metadata/labels
+ - - - metadata/labels
`)

export const commonAnnotationsSpecs: readonly FieldSpec[] = parseFieldSpecs(`
+ - - Deployment spec/template/metadata/annotations
+ - - StatefulSet spec/template/metadata/annotations
+ batch - CronJob spec/jobTemplate/metadata/annotations
+ batch - CronJob spec/jobTemplate/spec/template/metadata/annotations
+ batch - Job spec/template/metadata/annotations
+ - v1 ReplicationController spec/template/metadata/annotations
+ - - DaemonSet spec/template/metadata/annotations
+ - - ReplicaSet spec/template/metadata/annotations
+ - - - metadata/annotations
`)

export const imagesSpecs: readonly FieldSpec[] = parseFieldSpecs(`
+ - - - spec/containers[]/image
+ - - - spec/initContainers[]/image
+ - - - spec/volumes[]/image/reference
+ - - - spec/template/spec/containers[]/image
+ - - - spec/template/spec/initContainers[]/image
+ - - - spec/template/spec/volumes[]/image/reference
`)

export const replicasSpecs: readonly FieldSpec[] = parseFieldSpecs(`
+ - - Deployment spec/replicas
+ - - StatefulSet spec/replicas
+ - - ReplicaSet spec/replicas
+ - - ReplicationController spec/replicas
`)
